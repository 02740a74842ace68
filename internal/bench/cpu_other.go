//go:build !linux

package bench

import (
	"errors"
	"os/exec"
	"time"
)

// CanPin tells whether processes can be kept on one CPU here.
const CanPin = false

// cpuOf cannot be read here.
func cpuOf([]int) time.Duration { return 0 }

// memoryOf cannot be read here.
func memoryOf(int) (now, peak int64) { return 0, 0 }

// PinSelf fails: there is no way to do it here.
func PinSelf(int) error { return errors.New("processes cannot be pinned to a CPU on this system") }

func startPinned(cmd *exec.Cmd, _ int) error { return cmd.Start() }

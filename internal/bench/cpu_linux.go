package bench

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// tick is the unit of times in /proc/PID/stat, the same on every platform of
// Linux that Go has.
const tick = 10 * time.Millisecond

// A process is what /proc/PID/stat says of one.
type process struct {
	parent int
	cpu    time.Duration // its own, and that of its children that have ended
}

// cpuOf sums the CPU time of processes and all below them.
func cpuOf(pids []int) time.Duration {
	if len(pids) == 0 {
		return 0
	}
	all := processes()
	counted := map[int]bool{}
	for _, pid := range pids {
		counted[pid] = true
	}
	for changed := true; changed; {
		changed = false
		for pid, p := range all {
			if !counted[pid] && counted[p.parent] {
				counted[pid], changed = true, true
			}
		}
	}
	var sum time.Duration
	for pid := range counted {
		sum += all[pid].cpu
	}
	return sum
}

func processes() map[int]process {
	names, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil
	}
	all := make(map[int]process, len(names))
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		if pid, err := strconv.Atoi(strings.Split(name, "/")[2]); err == nil {
			if p, ok := parseStat(text); ok {
				all[pid] = p
			}
		}
	}
	return all
}

// parseStat reads the fields ppid, utime, stime, cutime and cstime (proc(5)). The
// name before them is in brackets and may hold anything.
func parseStat(text []byte) (process, bool) {
	end := bytes.LastIndexByte(text, ')')
	if end < 0 {
		return process{}, false
	}
	fields := strings.Fields(string(text[end+1:]))
	if len(fields) < 15 {
		return process{}, false
	}
	parent, err := strconv.Atoi(fields[1])
	if err != nil {
		return process{}, false
	}
	var ticks int64
	for _, field := range fields[11:15] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return process{}, false
		}
		ticks += n
	}
	return process{parent, time.Duration(ticks) * tick}, true
}

// memoryOf gives the resident memory of a process now and at its highest, in
// bytes.
func memoryOf(pid int) (now, peak int64) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0
	}
	for line := range strings.Lines(string(text)) {
		var n int64
		if _, err := fmt.Sscanf(line, "VmRSS: %d kB", &n); err == nil {
			now = n << 10
		}
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &n); err == nil {
			peak = n << 10
		}
	}
	return now, peak
}

// PinSelf moves this whole process to one CPU.
func PinSelf(cpu int) error {
	var set unix.CPUSet
	set.Set(cpu)
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	for _, task := range tasks {
		id, err := strconv.Atoi(task.Name())
		if err != nil {
			return err
		}
		if err := unix.SchedSetaffinity(id, &set); err != nil {
			return fmt.Errorf("pinning to CPU %d: %w", cpu, err)
		}
	}
	return nil
}

// startPinned starts a command on one CPU; a negative one is any. A process gets
// the CPUs of the thread that starts it.
func startPinned(cmd *exec.Cmd, cpu int) error {
	if cpu < 0 {
		return cmd.Start()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return err
	}
	set.Set(cpu)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("pinning to CPU %d: %w", cpu, err)
	}
	err := cmd.Start()
	if restored := unix.SchedSetaffinity(0, &before); err == nil {
		err = restored
	}
	return err
}

// CanPin tells whether processes can be kept on one CPU here.
const CanPin = true

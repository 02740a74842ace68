package bench

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// SignCommand is the argument with which this program measures a signature.
const SignCommand = "bench-sign"

// signTime is how long signatures are made for.
const signTime = 2 * time.Second

// ServeSign makes JWTs the size of an ID token, one after the other, and writes how
// much CPU one takes, in microseconds: what no server that signs with RS256 on one
// CPU can do without.
func ServeSign(out io.Writer) error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: "k"}}, nil)
	if err != nil {
		return err
	}
	claims, err := json.Marshal(map[string]string{"claims": strings.Repeat("x", 500)})
	if err != nil {
		return err
	}
	pid := []int{os.Getpid()}
	began, cpu, n := time.Now(), cpuOf(pid), 0
	for ; time.Since(began) < signTime; n++ {
		signed, err := signer.Sign(claims)
		if err != nil {
			return err
		}
		if _, err := signed.CompactSerialize(); err != nil {
			return err
		}
	}
	took := cpuOf(pid) - cpu
	if took == 0 { // it could not be read
		took = time.Since(began)
	}
	fmt.Fprintf(out, "%.1f\n", float64(took.Nanoseconds())/float64(n)/1000)
	return nil
}

// Signature measures an RS256 signature in another process of this program on the
// given CPU.
func Signature(ctx context.Context, cpu int) (micros float64, err error) {
	program, err := os.Executable()
	if err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(ctx, program, SignCommand)
	var out strings.Builder
	cmd.Stdout = &out
	if err := startPinned(cmd, cpu); err != nil {
		return 0, err
	}
	if err := cmd.Wait(); err != nil {
		return 0, fmt.Errorf("measuring a signature: %w", err)
	}
	return strconv.ParseFloat(strings.TrimSpace(out.String()), 64)
}

package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// FloorCommand is the argument with which this program serves the floor.
const FloorCommand = "bench-floor"

// ServeFloor is the least that a token endpoint in Go can be: it reads a small
// form and answers with a small JSON object. It serves until ctx is done and
// writes its address first.
func ServeFloor(ctx context.Context, out io.Writer) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s := &http.Server{ReadHeaderTimeout: answerTimeout, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		w.Write(floorAnswer)
	})}
	defer context.AfterFunc(ctx, func() { s.Close() })()
	fmt.Fprintf(out, "http://%s\n", l.Addr())
	return s.Serve(l)
}

var (
	floorForm   = []byte("grant_type=refresh_token&refresh_token=" + strings.Repeat("x", 96) + "&client_id=0123456789abcdef&client_secret=" + strings.Repeat("y", 32))
	floorAnswer = []byte(`{"access_token":"` + strings.Repeat("x", 96) + `","token_type":"Bearer","expires_in":7200,"refresh_token":"` + strings.Repeat("y", 80) + `","scope":"profile email"}` + "\n")
)

// Floor measures a bare net/http server, run as another process of this program
// on the given CPU.
func Floor(ctx context.Context, cpu, connections int, duration time.Duration) (Sample, error) {
	program, err := os.Executable()
	if err != nil {
		return Sample{}, err
	}
	cmd := exec.CommandContext(ctx, program, FloorCommand)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return Sample{}, err
	}
	if err := startPinned(cmd, cpu); err != nil {
		return Sample{}, err
	}
	defer func() {
		cmd.Process.Kill()
		cmd.Wait()
	}()
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return Sample{}, fmt.Errorf("the floor did not start: %w", err)
	}
	base, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return Sample{}, err
	}
	d := newDriver(base, connections, func() time.Duration { return cpuOf([]int{cmd.Process.Pid}) })
	defer d.close()
	d.run(ctx, min(warmUp, duration), floorRequest)
	return d.run(ctx, duration, floorRequest), ctx.Err()
}

func floorRequest(ctx context.Context, c *conn, _ int) error {
	answer, err := c.do(ctx, request{method: http.MethodPost, path: "/", contentType: formType, body: floorForm})
	if err == nil && (answer.status != http.StatusOK || member(answer.body, "token_type") != "Bearer") {
		err = fmt.Errorf("the floor answers %d %.100s", answer.status, answer.body)
	}
	return err
}

// Fsync measures how long it takes in dir until 4 KiB that were appended are
// durable.
func Fsync(dir string) (p50, p99 time.Duration, err error) {
	f, err := os.Create(filepath.Join(dir, "fsync.tmp"))
	if err != nil {
		return 0, 0, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	const times = 300
	page := make([]byte, 4096)
	var took []time.Duration
	for range times {
		began := time.Now()
		if _, err := f.Write(page); err != nil {
			return 0, 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, 0, err
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took[times/2], took[times*99/100], nil
}

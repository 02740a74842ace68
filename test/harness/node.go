package harness

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// binary is the program, once Main has built it.
var binary string

// Main builds the program, runs the tests of a package that start it, and ends
// the process. It is for TestMain.
func Main(m *testing.M) {
	code, err := buildAndRun(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func buildAndRun(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "signet-binary-")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	binary = filepath.Join(dir, "signet")
	out, err := exec.Command("go", "build", "-o", binary, "github.com/signet-auth/signet/cmd/signet").CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("building the program: %w\n%s", err, out)
	}
	return m.Run(), nil
}

// Binary is the path of the program that Main has built.
func Binary() string { return binary }

// Await returns when something answers at the address, whatever it says.
func Await(t testing.TB, address string) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(Patience)
	for {
		if _, err := get(patient, address, ""); err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("nothing answers at %s", address)
		}
	}
}

// Eventually tries until it is so, for as long as the patience lasts.
func Eventually(t testing.TB, patience time.Duration, so func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for !so() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("it is not so after %v", patience)
		}
	}
}

// A Node is a process that runs "signet serve". Kill and Start may alternate;
// it keeps its address and its data.
type Node struct {
	t        testing.TB
	URL      string
	settings []string // SIGNET_...=...
	logPath  string
	command  *exec.Cmd
	ended    chan struct{} // closed when the process has ended
}

// NewNode starts a node with settings of the form SIGNET_NAME=value, beside those
// that every node of a test has, and ends it with the test.
func NewNode(t testing.TB, settings ...string) *Node {
	t.Helper()
	address := FreeAddress(t)
	dir := t.TempDir()
	n := &Node{
		t: t, URL: "http://" + address, logPath: filepath.Join(dir, "log"),
		settings: append([]string{
			"SIGNET_LISTEN=" + address, "SIGNET_ISSUER=http://" + address, "SIGNET_DATA_DIR=" + dir,
			"SIGNET_SECRET_KEY=" + SecretKey, "SIGNET_LOG_LEVEL=warn", "SIGNET_LOG_FORMAT=json",
		}, settings...),
	}
	n.Start()
	t.Cleanup(func() {
		n.Kill()
		if t.Failed() {
			t.Logf("%s has logged at last:\n%s", n.URL, n.lastWords())
		}
	})
	return n
}

// Start runs the process and returns when it is ready.
func (n *Node) Start() {
	n.t.Helper()
	log, err := os.OpenFile(n.logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		n.t.Fatal(err)
	}
	defer log.Close()
	command := exec.Command(binary, "serve")
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "SIGNET_") {
			command.Env = append(command.Env, variable)
		}
	}
	command.Env = append(command.Env, n.settings...)
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		n.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		command.Wait() // the status of one that was killed says nothing
	}()
	n.command, n.ended = command, ended
	n.AwaitReady()
}

// AwaitReady returns when the node says that it is ready.
func (n *Node) AwaitReady() {
	n.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(Patience)
	for {
		answer, err := get(patient, n.URL+"/readyz", "")
		if err == nil && answer.Status == http.StatusOK {
			return
		}
		select {
		case <-tick.C:
		case <-n.ended:
			n.t.Fatalf("signet serve ended before it was ready:\n%s", n.lastWords())
		case <-deadline:
			n.t.Fatalf("signet serve is not ready: %v %v\n%s", answer, err, n.lastWords())
		}
	}
}

// Running tells whether the process has not ended.
func (n *Node) Running() bool {
	select {
	case <-n.ended:
		return false
	default:
		return true
	}
}

// Kill ends the process without a warning, by SIGKILL.
func (n *Node) Kill() {
	n.signal(syscall.SIGKILL)
	<-n.ended
}

// Pause stops the process as it is, until Resume.
func (n *Node) Pause() { n.signal(syscall.SIGSTOP) }

// Resume ends a Pause.
func (n *Node) Resume() { n.signal(syscall.SIGCONT) }

func (n *Node) signal(s os.Signal) {
	n.t.Helper()
	if err := n.command.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		n.t.Errorf("sending %v to %s: %v", s, n.URL, err)
	}
}

// lastWords is the end of the log.
func (n *Node) lastWords() string {
	text, err := os.ReadFile(n.logPath)
	if err != nil {
		return err.Error()
	}
	const lines = 10
	all := bytes.SplitAfter(bytes.TrimSpace(text), []byte("\n"))
	return string(bytes.Join(all[max(0, len(all)-lines):], nil))
}

// FreeAddress is one of the loopback interface that nothing listens on.
func FreeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

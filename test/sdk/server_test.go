package sdk

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// A server is a running Signet.
type server struct {
	url string // without a trailing slash
	key string // a secret key
}

// eachServer runs a test against every server there is to test.
func eachServer(t *testing.T, test func(t *testing.T, s server)) {
	if at := os.Getenv("SIGNET_TEST_URL"); at != "" {
		test(t, server{strings.TrimSuffix(at, "/"), os.Getenv("SIGNET_TEST_SECRET_KEY")})
		return
	}
	t.Run("SQLite", func(t *testing.T) { test(t, start(t, "")) })
	t.Run("PostgreSQL", func(t *testing.T) { test(t, start(t, freshPostgres(t))) })
}

// freshPostgres makes an empty database and returns its URL.
func freshPostgres(t *testing.T) string {
	t.Helper()
	at, err := url.Parse(os.Getenv("SIGNET_TEST_POSTGRES"))
	if err != nil || at.Scheme == "" {
		t.Fatal("SIGNET_TEST_POSTGRES must be the URL of a PostgreSQL in which databases may be made; make test starts one")
	}
	admin := *at
	do := func(statement string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // outlives the test: it cleans up
		defer cancel()
		db, err := pgx.Connect(ctx, admin.String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close(ctx) }()
		if _, err := db.Exec(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	name := "sdk_" + strings.ToLower(rand.Text())
	do("CREATE DATABASE " + name)
	t.Cleanup(func() { do("DROP DATABASE " + name + " WITH (FORCE)") })
	at.Path = "/" + name
	return at.String()
}

// runID tells this run from others.
var runID = rand.Text()

var binaryDir string // where binary has put it

// binary builds cmd/signet once.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "signet-sdk-")
	if err != nil {
		return "", err
	}
	binaryDir = dir
	path := filepath.Join(dir, "signet")
	build := exec.Command("go", "build", "-o", path, "./cmd/signet")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building cmd/signet: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if filter := flag.Lookup("test.run"); code == 0 && filter.Value.String() == "" && os.Getenv("SIGNET_TEST_URL") == "" {
		if err := checkMatrix(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	_ = os.Remove(recordFile())
	if binaryDir != "" {
		_ = os.RemoveAll(binaryDir)
	}
	os.Exit(code)
}

// start runs Signet until the test ends. No database means the default one.
func start(t *testing.T, database string) server {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	address, behind := freeAddress(t), freeAddress(t) // by name: there are no passkeys at an address
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	s := server{url: "http://localhost:" + port, key: "sk_test_" + rand.Text() + rand.Text()}
	var log bytes.Buffer
	cmd := exec.Command(path, "serve", "--listen", behind)
	cmd.Env = append(foreign(os.Environ()), "SIGNET_ISSUER="+s.url, "SIGNET_DATA_DIR="+t.TempDir(), "SIGNET_SECRET_KEY="+s.key)
	if database != "" {
		cmd.Env = append(cmd.Env, "SIGNET_DATABASE="+database)
	}
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { stop(t, cmd, ended, &log, s.key) })
	waitFor(t, "http://"+behind+"/healthz", ended)
	describedServer(t, address, "http://"+behind)
	waitFor(t, s.url+"/healthz", ended)
	return s
}

// stop asks the server to end, and looks through what it has logged.
func stop(t *testing.T, cmd *exec.Cmd, ended chan error, log *bytes.Buffer, key string) {
	_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("signet serve ended with %v", err)
		}
	case <-time.After(15 * time.Second):
		_ = cmd.Process.Kill()
		<-ended
		t.Error("signet serve did not end when asked to")
	}
	for _, secret := range []string{key, password} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	if t.Failed() {
		t.Logf("signet serve has logged:\n%s", log)
	}
}

// waitFor returns once the server answers.
func waitFor(t *testing.T, at string, ended chan error) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(r)
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
			err = errors.New(response.Status)
		}
		select {
		case failure := <-ended:
			ended <- failure
			t.Fatalf("signet serve ended before it answered: %v", failure)
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("signet serve does not answer: %v", err)
		}
	}
}

// freeAddress is one that nothing listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return l.Addr().String()
}

// foreign is the environment without settings of Signet's.
func foreign(environ []string) []string {
	var rest []string
	for _, e := range environ {
		if !strings.HasPrefix(e, "SIGNET_") {
			rest = append(rest, e)
		}
	}
	return rest
}

package pgtest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
)

// A Cluster is a PostgreSQL server of one test, which may kill it. Unlike the one
// that URL makes databases in, it puts on disk what it has committed.
type Cluster struct {
	t    testing.TB
	bin  string // directory of the programs
	dir  string
	port string
	as   *syscall.Credential // nil for whoever runs the test
}

// NewCluster makes a cluster and starts it. It goes with the test.
func NewCluster(t testing.TB) *Cluster {
	t.Helper()
	c := &Cluster{t: t, bin: programs(t), as: owner(t), port: freePort(t)}
	c.makeDir()
	c.run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")
	c.Start()
	t.Cleanup(c.killIfRunning)
	return c
}

// URL is the address of the database postgres, as superuser.
func (c *Cluster) URL() string {
	return "postgres://postgres@127.0.0.1:" + c.port + "/postgres?sslmode=disable"
}

// Start starts the server and returns when it has recovered and takes
// connections.
func (c *Cluster) Start() {
	c.t.Helper()
	c.run("pg_ctl", "start", "-w", "-l", filepath.Join(c.dir, "log"), "-o",
		"-p "+c.port+" -c listen_addresses=127.0.0.1 -c unix_socket_directories="+c.dir+" -c max_connections=200")
}

// Kill ends the server at once: nothing is finished, nothing written, no client
// told. It has to recover when it starts again.
func (c *Cluster) Kill() {
	c.t.Helper()
	c.run("pg_ctl", "stop", "-m", "immediate")
}

// run runs a program of PostgreSQL on the cluster.
func (c *Cluster) run(program string, args ...string) {
	c.t.Helper()
	command := exec.Command(filepath.Join(c.bin, program), append([]string{"-D", filepath.Join(c.dir, "data")}, args...)...)
	command.Dir = c.dir
	command.SysProcAttr = &syscall.SysProcAttr{Credential: c.as}
	if out, err := command.CombinedOutput(); err != nil {
		log, _ := os.ReadFile(filepath.Join(c.dir, "log")) // there may be none yet
		c.t.Fatal(fmt.Errorf("%s: %w\n%s\n%s", program, err, out, log))
	}
}

// programs is the directory of the newest PostgreSQL that is installed.
func programs(t testing.TB) string {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		t.Fatal("there is no /usr/lib/postgresql/*/bin/initdb: run \"make test\" once, which installs PostgreSQL")
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path)))) // 0 for what is no version
		return n
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) }))
}

// owner is who may own a cluster. PostgreSQL refuses to run as root.
func owner(t testing.TB) *syscall.Credential {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	postgres, err := user.Lookup("postgres")
	if err != nil {
		t.Fatal(err)
	}
	uid, uidErr := strconv.ParseUint(postgres.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(postgres.Gid, 10, 32)
	if uidErr != nil || gidErr != nil {
		t.Fatalf("the user postgres has ids %q and %q", postgres.Uid, postgres.Gid)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

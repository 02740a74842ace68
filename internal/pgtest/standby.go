package pgtest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// NewStandby makes a replica of the cluster that follows it, and has the cluster
// commit nothing that the replica does not have. It goes with the test.
func (c *Cluster) NewStandby() *Cluster {
	c.t.Helper()
	s := &Cluster{t: c.t, bin: c.bin, as: c.as, port: freePort(c.t)}
	s.makeDir()
	s.run("pg_basebackup", "-h", "127.0.0.1", "-p", c.port, "-U", "postgres", "-R", "-X", "stream")
	s.Start()
	c.t.Cleanup(s.killIfRunning)
	for _, statement := range []string{`ALTER SYSTEM SET synchronous_standby_names = '*'`, `SELECT pg_reload_conf()`} {
		c.exec(statement)
	}
	return s
}

// Promote makes a replica the server that takes writes.
func (c *Cluster) Promote() {
	c.t.Helper()
	c.run("pg_ctl", "promote", "-w")
}

// URLOf is the address of the database postgres on whichever of two servers takes
// writes.
func URLOf(one, other *Cluster) string {
	return "postgres://postgres@127.0.0.1:" + one.port + ",127.0.0.1:" + other.port + "/postgres?sslmode=disable&target_session_attrs=read-write"
}

func (c *Cluster) exec(statement string) {
	c.t.Helper()
	ctx := context.Background()
	connection, err := pgx.Connect(ctx, c.URL())
	if err != nil {
		c.t.Fatal(err)
	}
	defer connection.Close(ctx)
	if _, err := connection.Exec(ctx, statement); err != nil {
		c.t.Fatal(err)
	}
}

// makeDir makes the directory of the cluster, which goes with the test.
func (c *Cluster) makeDir() {
	c.t.Helper()
	var err error
	if c.dir, err = os.MkdirTemp("", "signet-cluster-"); err != nil { // not t.TempDir, where no other user gets
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		if err := os.RemoveAll(c.dir); err != nil {
			c.t.Error(err)
		}
	})
	if c.as != nil {
		if err := os.Chown(c.dir, int(c.as.Uid), int(c.as.Gid)); err != nil {
			c.t.Fatal(err)
		}
	}
}

func (c *Cluster) killIfRunning() {
	status := exec.Command(filepath.Join(c.bin, "pg_ctl"), "-D", filepath.Join(c.dir, "data"), "status")
	status.Dir = c.dir
	status.SysProcAttr = &syscall.SysProcAttr{Credential: c.as}
	if status.Run() == nil {
		c.Kill()
	}
}

// Command bench compares Signet with a bare net/http server and with
// oidc-provider, under the load of "signet bench", and writes what it saw into
// docs/benchmarks.md. Servers and their database run on one CPU, the load on
// another. scripts/bench calls it.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

const (
	program   = "bin/signet"
	serverCPU = "0"
	loadCPU   = "1"
	million   = "1000000"
)

// A report is what "signet bench --json" prints.
type report struct {
	Machine struct{ System, CPU, Go string }
	Server  struct {
		Start float64 `json:"start_ms"`
		Idle  float64 `json:"idle_rss_mib"`
		Peak  float64 `json:"peak_rss_mib"`
	}
	Fsync struct {
		P50 float64 `json:"p50_us"`
		P99 float64 `json:"p99_us"`
	}
	Floor     work
	Signature float64 `json:"rs256_signature_us"`
	Work      []work
}

type work struct {
	Name     string
	Errors   int
	Rate     float64 `json:"requests_per_second"`
	P50      float64 `json:"p50_us"`
	P99      float64 `json:"p99_us"`
	CPU      float64 `json:"server_cpu_us_per_request"`
	Multiple float64 `json:"floor_multiple"`
}

// of gives the work of one name; the zero work if it was not done.
func (r report) of(name string) work {
	for _, w := range r.Work {
		if w.Name == name {
			return w
		}
	}
	return work{}
}

// A comparison is everything that was measured.
type comparison struct {
	duration                                            string
	sqlite, openid, grown, postgres, memoryPeer, pgPeer report
	lists, pgLists                                      report
}

func main() {
	duration := flag.String("duration", "5s", "`time` for each kind of work")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	c := comparison{duration: *duration}
	err := c.measure(ctx)
	if err == nil {
		err = c.write(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func (c *comparison) measure(ctx context.Context) (err error) {
	if c.sqlite, err = c.signet(ctx, "Signet on SQLite"); err != nil {
		return err
	}
	if c.openid, err = c.signet(ctx, "Signet on SQLite, with ID tokens", "--scope", "openid profile email", "--work", "exchange,refresh"); err != nil {
		return err
	}
	if c.grown, err = c.signet(ctx, "Signet on SQLite, a million grants", "--grants", million); err != nil {
		return err
	}
	if c.lists, err = c.signet(ctx, "Signet on SQLite, lists of a million users", listing...); err != nil {
		return err
	}
	server, pid := os.Getenv("SIGNET_TEST_POSTGRES"), os.Getenv("SIGNET_TEST_POSTGRES_PID")
	if server == "" || pid == "" {
		return errors.New("there is no PostgreSQL: run scripts/bench")
	}
	if err := pinTree(ctx, pid); err != nil {
		return err
	}
	database, err := newDatabase(ctx, server, "signet")
	if err != nil {
		return err
	}
	if c.postgres, err = c.signet(ctx, "Signet on PostgreSQL", "--database", database, "--pid", pid); err != nil {
		return err
	}
	if database, err = newDatabase(ctx, server, "lists"); err != nil {
		return err
	}
	if c.pgLists, err = c.postgresLists(ctx, database, pid); err != nil {
		return err
	}
	if c.memoryPeer, err = c.peer(ctx, "oidc-provider in memory"); err != nil {
		return err
	}
	if database, err = newDatabase(ctx, server, "peer"); err != nil {
		return err
	}
	c.pgPeer, err = c.peer(ctx, "oidc-provider on PostgreSQL", database, pid)
	return err
}

// listing has one request at a time list users: it is asked how long one takes.
var listing = []string{"--users", million, "--work", "users", "--connections", "1", "--no-floor"}

// postgresLists measures lists on PostgreSQL after a vacuum, which it would otherwise
// find the time for in the middle of them.
func (c *comparison) postgresLists(ctx context.Context, database, pid string) (report, error) {
	dir, err := os.MkdirTemp("", "signet-bench-") // for the root key that the database belongs to
	if err != nil {
		return report{}, err
	}
	defer os.RemoveAll(dir)
	where := []string{"--database", database, "--pid", pid, "--data-dir", dir}
	fill := append([]string{"--users", million, "--work", "users_count", "--connections", "1", "--no-floor", "--duration", "1s"}, where...)
	if _, err := c.signet(ctx, "Signet on PostgreSQL, a million users", fill...); err != nil {
		return report{}, err
	}
	connection, err := pgx.Connect(ctx, database)
	if err != nil {
		return report{}, err
	}
	_, err = connection.Exec(ctx, "VACUUM (ANALYZE)")
	if err := errors.Join(err, connection.Close(ctx)); err != nil {
		return report{}, err
	}
	return c.signet(ctx, "Signet on PostgreSQL, lists of a million users", append(slices.Clone(listing), where...)...)
}

// signet measures a server of our own.
func (c *comparison) signet(ctx context.Context, what string, args ...string) (report, error) {
	return c.bench(ctx, what, append(slices.Clone(args), "--server-cpu", serverCPU)...)
}

// peer measures oidc-provider, with its database if there is one. Its user info
// needs the scope openid, with which every code and refresh also buys an ID token;
// so that is measured apart, and only user info counts.
func (c *comparison) peer(ctx context.Context, what string, database ...string) (report, error) {
	all, err := c.peerWith(ctx, what, "profile email", "exchange,refresh,introspect,client_credentials", database...)
	if err != nil {
		return report{}, err
	}
	info, err := c.peerWith(ctx, what+", user info", "openid profile email", "userinfo", database...)
	for _, w := range info.Work {
		if w.Name == "userinfo" {
			all.Work = append(all.Work, w)
		}
	}
	return all, err
}

func (c *comparison) peerWith(ctx context.Context, what, scope, work string, database ...string) (report, error) {
	port, err := freePort()
	if err != nil {
		return report{}, err
	}
	cmd := exec.CommandContext(ctx, "taskset", "-c", serverCPU, "node", "server.mjs")
	cmd.Dir = filepath.Join("test", "bench", "peer")
	cmd.Env = append(os.Environ(), "NODE_ENV=production", "PORT="+port)
	pids := []string{}
	if len(database) > 0 {
		cmd.Env = append(cmd.Env, "DATABASE_URL="+database[0])
		pids = database[1:]
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return report{}, err
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		return report{}, err
	}
	defer func() {
		cmd.Process.Kill()
		cmd.Wait()
	}()
	var target struct {
		URL      string
		ID       string `json:"client_id"`
		Secret   string `json:"client_secret"`
		Redirect string `json:"redirect_uri"`
		Cookie   string
		PID      int
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &target)
	}
	if err != nil {
		return report{}, fmt.Errorf("%s did not start: %w\n%s", what, err, said.Bytes())
	}
	args := []string{
		"--url", target.URL, "--client-id", target.ID, "--client-secret", target.Secret, "--redirect-uri", target.Redirect,
		"--cookie", target.Cookie, "--scope", scope, "--work", work, "--server-cpu", serverCPU,
	}
	for _, pid := range append(pids, strconv.Itoa(target.PID)) {
		args = append(args, "--pid", pid)
	}
	return c.bench(ctx, what, args...)
}

func (c *comparison) bench(ctx context.Context, what string, args ...string) (report, error) {
	fmt.Fprintln(os.Stderr, "==", what)
	cmd := exec.CommandContext(ctx, program, append([]string{"bench", "--json", "--duration", c.duration, "--load-cpu", loadCPU}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	var r report
	if err == nil {
		err = json.Unmarshal(out, &r)
	}
	if err != nil {
		return report{}, fmt.Errorf("%s: %w\n%s", what, err, out)
	}
	for _, w := range r.Work {
		fmt.Fprintf(os.Stderr, "   %-20s %8.0f/s %8.1f us\n", w.Name, w.Rate, w.CPU)
	}
	return r, nil
}

// pinTree moves a process and its children to the server's CPU; children they
// start later follow.
func pinTree(ctx context.Context, pid string) error {
	children, err := exec.CommandContext(ctx, "pgrep", "-P", pid).Output()
	if err != nil {
		return fmt.Errorf("listing the processes of PostgreSQL: %w", err)
	}
	for _, pid := range append(strings.Fields(string(children)), pid) {
		if out, err := exec.CommandContext(ctx, "taskset", "-cp", serverCPU, pid).CombinedOutput(); err != nil {
			return fmt.Errorf("pinning PostgreSQL: %w: %s", err, out)
		}
	}
	return nil
}

func newDatabase(ctx context.Context, server, name string) (string, error) {
	address, err := url.Parse(server)
	if err != nil {
		return "", err
	}
	connection, err := pgx.Connect(ctx, server)
	if err != nil {
		return "", err
	}
	defer connection.Close(ctx)
	if _, err := connection.Exec(ctx, "CREATE DATABASE bench_"+name); err != nil {
		return "", err
	}
	address.Path = "/bench_" + name
	return address.String(), nil
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}

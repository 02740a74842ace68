package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

const (
	page   = "docs/benchmarks.md"
	begin  = "<!-- figures: begin -->\n"
	finish = "<!-- figures: end -->\n"
)

// write puts the figures between the marks of the page.
func (c *comparison) write(ctx context.Context) error {
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, ended := strings.Cut(rest, finish)
	if !ok || !ended {
		return fmt.Errorf("%s has no place for figures", page)
	}
	figures := c.figures(ctx)
	fmt.Print(figures)
	return os.WriteFile(page, []byte(before+begin+figures+finish+after), 0o644)
}

func (c *comparison) figures(ctx context.Context) string {
	var b bytes.Buffer
	m := c.sqlite.Machine
	fmt.Fprintf(&b, "\n%s, %s, %s. Signet %s; Go %s; %s; oidc-provider %s on node %s; %s.\n",
		time.Now().UTC().Format("2 January 2006"), m.CPU, output(ctx, "uname", "-sr"),
		output(ctx, "git", "describe", "--always", "--dirty"), strings.TrimPrefix(m.Go, "go"),
		output(ctx, "psql", "--version"), peerVersion(ctx), output(ctx, "node", "--version"),
		fmt.Sprintf("fsync %.0f us, p99 %.0f us", c.sqlite.Fsync.P50, c.sqlite.Fsync.P99))
	fmt.Fprintf(&b, "%s for each kind of work.\n\n", c.duration)
	fmt.Fprintf(&b, "Signet answers %.0f ms after its start, and %.0f ms with a million grants in the file. It needs %.1f MiB of\nmemory idle, %.1f MiB with a million grants, and %.1f MiB at most under load.\n",
		c.sqlite.Server.Start, c.grown.Server.Start, c.sqlite.Server.Idle, c.grown.Server.Idle, c.grown.Server.Peak)
	for _, t := range []struct {
		name string
		of   report
	}{
		{"Signet on SQLite", c.sqlite},
		{"Signet on SQLite, with an ID token (RS256) each time", c.openid},
		{"Signet on SQLite, a million grants in the file", c.grown},
		{"Signet on PostgreSQL (CPU of both)", c.postgres},
		{"oidc-provider in memory", c.memoryPeer},
		{"oidc-provider on PostgreSQL (CPU of both)", c.pgPeer},
	} {
		fmt.Fprintf(&b, "\n### %s\n\n| work | requests/s | p50 us | p99 us | server CPU us | times the floor |\n|---|---:|---:|---:|---:|---:|\n", t.name)
		for _, w := range append([]work{t.of.Floor}, t.of.Work...) {
			fmt.Fprintf(&b, "| %s | %.0f | %.0f | %.0f | %.1f | %.1f |\n", w.Name, w.Rate, w.P50, w.P99, w.CPU, w.Multiple)
		}
	}
	c.writeLists(&b)
	fmt.Fprint(&b, "\n### Signet against oidc-provider\n\n| work | SQLite : memory, requests/s | CPU | PostgreSQL : PostgreSQL, requests/s | CPU |\n|---|---:|---:|---:|---:|\n")
	for _, name := range []string{"authorize", "exchange", "refresh", "userinfo"} {
		s, p, m, q := c.sqlite.of(name), c.postgres.of(name), c.memoryPeer.of(name), c.pgPeer.of(name)
		fmt.Fprintf(&b, "| %s | %.1f | %.1f | %.1f | %.1f |\n", name, s.Rate/m.Rate, m.CPU/s.CPU, p.Rate/q.Rate, q.CPU/p.CPU)
	}
	possible := 1e6 / c.openid.Signature
	fmt.Fprintf(&b, "\nOne RS256 signature takes %.0f us of CPU, so that one CPU makes at most %.0f a second. With an ID token each\ntime Signet makes %.0f %% of that many exchanges, and %.0f %% of that many refreshes.\n",
		c.openid.Signature, possible, 100*c.openid.of("exchange").Rate/possible, 100*c.openid.of("refresh").Rate/possible)
	b.WriteString("\n")
	return b.String()
}

// writeLists tells how long lists of users take, in milliseconds.
func (c *comparison) writeLists(b *bytes.Buffer) {
	fmt.Fprint(b, "\n### Lists of a million users, one request at a time\n\n| list | SQLite: p50 ms | p99 ms | CPU ms | PostgreSQL: p50 ms | p99 ms | CPU of both, ms |\n|---|---:|---:|---:|---:|---:|---:|\n")
	for _, w := range c.lists.Work {
		p := c.pgLists.of(w.Name)
		fmt.Fprintf(b, "| %s | %.1f | %.1f | %.1f | %.1f | %.1f | %.1f |\n", w.Name, w.P50/1e3, w.P99/1e3, w.CPU/1e3, p.P50/1e3, p.P99/1e3, p.CPU/1e3)
	}
}

// output gives the first line that a command prints, or "unknown".
func output(ctx context.Context, name string, args ...string) string {
	out, err := exec.CommandContext(ctx, name, args...).Output()
	if err != nil {
		return "unknown"
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return strings.TrimSpace(line)
}

func peerVersion(ctx context.Context) string {
	return output(ctx, "node", "-p", "require('./test/bench/peer/node_modules/oidc-provider/package.json').version")
}

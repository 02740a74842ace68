package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/signet-auth/signet/internal/bench"
)

// benchFlags are what the command line says.
type benchFlags struct {
	target             bench.Target
	own                bench.Own
	connections        int
	duration           time.Duration
	work               []string
	serverCPU, loadCPU int
	noFloor, json      bool
}

func newBench() *cobra.Command {
	var f benchFlags
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure how fast a server is",
		Long: `Bench drives a server with one kind of request after the other, checks every
answer, and prints how many a second it served, in which time, and how much CPU
the server spent on each. In the same run it measures the machine: a bare net/http
server under the same load, and an fsync, since figures of different machines and
different hours cannot be compared.

Without --url it starts a Signet of its own on a new database. With --url it
drives any OAuth server: name a client, and the cookie of a browser session whose
user has agreed to what the client asks for. The kinds of work are
client_credentials, exchange (codes are fetched by authorization requests with
PKCE first), refresh, userinfo, verify and introspect. With --users there are lists
of users too, each by a name of its own, and "users" is all of them: see how long one
takes with --connections 1.`,
		Example: `  signet bench
  signet bench --grants 1000000 --work refresh,userinfo --json
  signet bench --users 1000000 --work users --connections 1
  signet bench --url https://id.example.com --client-id oa_1 --client-secret s --redirect-uri https://c.example/cb --cookie "__Host-signet_session=..."`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.target.Issuer, "url", "", "`URL` of the server; by default one is started")
	flags.StringVar(&f.target.ClientID, "client-id", "", "client to be")
	flags.StringVar(&f.target.ClientSecret, "client-secret", "", "its secret")
	flags.StringVar(&f.target.RedirectURI, "redirect-uri", "", "a redirect `URI` of it")
	flags.StringVar(&f.target.Scope, "scope", "profile email", "scopes to ask for")
	flags.StringVar(&f.target.Cookie, "cookie", "", "`cookies` of a signed-in browser")
	flags.StringVar(&f.target.SecretKey, "secret-key", "", "`key` of the Backend API, for verify")
	flags.StringVar(&f.target.Authorize, "authorize-url", "", "authorization endpoint, if there is no metadata")
	flags.StringVar(&f.target.Token, "token-url", "", "token endpoint")
	flags.StringVar(&f.target.UserInfo, "userinfo-url", "", "user info endpoint")
	flags.StringVar(&f.target.Introspection, "introspection-url", "", "introspection endpoint")
	flags.IntSliceVar(&f.target.PIDs, "pid", nil, "`process` whose CPU time counts, with all below it")
	flags.StringVar(&f.own.Database, "database", "", "path or postgres:// `URL` for the server that is started")
	flags.StringVar(&f.own.Dir, "data-dir", "", "`directory` for its data, which then stay")
	flags.IntVar(&f.own.Grants, "grants", 0, "grants that are there before it starts")
	flags.IntVar(&f.own.Expired, "expired", 0, "expired grants beside them, which it begins to remove within half a minute")
	flags.IntVar(&f.own.Page, "page", 10, "users on a page of a list, as many as the Backend API gives unasked")
	flags.IntVar(&f.own.Users, "users", 0, "users that are there before it starts, for the kinds of work that list them")
	flags.IntVar(&f.connections, "connections", 32, "connections, each with one request under way")
	flags.DurationVar(&f.duration, "duration", 5*time.Second, "`time` for each kind of work")
	flags.StringSliceVar(&f.work, "work", nil, "`kinds` of work; by default all that the server offers")
	flags.IntVar(&f.serverCPU, "server-cpu", defaultCPU(0), "`CPU` for the server that is started; -1 for any")
	flags.IntVar(&f.loadCPU, "load-cpu", defaultCPU(1), "`CPU` for the load; -1 for any")
	flags.BoolVar(&f.noFloor, "no-floor", false, "do not measure the machine")
	flags.BoolVar(&f.json, "json", false, "print JSON")
	return cmd
}

// newBenchFloor makes the command that bench runs to measure the machine.
func newBenchFloor() *cobra.Command {
	return &cobra.Command{
		Use:    bench.FloorCommand,
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := untilSignal(cmd.Context())
			defer stop()
			return failed(bench.ServeFloor(ctx, cmd.OutOrStdout()))
		},
	}
}

func newBenchSign() *cobra.Command {
	return &cobra.Command{
		Use:    bench.SignCommand,
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE:   func(cmd *cobra.Command, _ []string) error { return failed(bench.ServeSign(cmd.OutOrStdout())) },
	}
}

// defaultCPU keeps server and load apart where that can be done.
func defaultCPU(cpu int) int {
	if bench.CanPin && runtime.NumCPU() > 1 {
		return cpu
	}
	return -1
}

func (f *benchFlags) run(cmd *cobra.Command) error {
	if f.connections < 1 || f.duration <= 0 {
		return errors.New("--connections and --duration have to be positive")
	}
	ctx, stop := untilSignal(cmd.Context())
	defer stop()
	say := progress(cmd.ErrOrStderr())
	if f.loadCPU >= 0 {
		if err := bench.PinSelf(f.loadCPU); err != nil {
			return failed(err)
		}
	}
	if f.own.Dir != "" {
		if err := os.MkdirAll(f.own.Dir, 0o700); err != nil {
			return failed(err)
		}
	}
	report := newBenchReport(f)
	err := f.measure(ctx, say, report)
	say("")
	if err != nil {
		return failed(err)
	}
	if f.json {
		err = printJSON(cmd.OutOrStdout(), report)
	} else {
		err = report.print(cmd.OutOrStdout())
	}
	if err == nil && report.errors() > 0 {
		err = fmt.Errorf("%d answers were wrong", report.errors())
	}
	return failed(err)
}

// measure does everything: the machine before and after the server, as it may
// change meanwhile.
func (f *benchFlags) measure(ctx context.Context, say func(string), report *benchReport) error {
	if !f.noFloor {
		say("fsync")
		p50, p99, err := bench.Fsync(cmp.Or(f.own.Dir, os.TempDir()))
		if err != nil {
			return err
		}
		report.Fsync = &benchFsync{micros(p50), micros(p99)}
		if err := f.measureFloor(ctx, say, report); err != nil {
			return err
		}
	}
	if err := f.measureServer(ctx, say, report); err != nil {
		return err
	}
	if !f.noFloor && slices.Contains(strings.Fields(f.target.Scope), "openid") {
		say("a signature")
		var err error
		if report.Signature, err = bench.Signature(ctx, f.serverCPU); err != nil {
			return err
		}
	}
	if !f.noFloor {
		return f.measureFloor(ctx, say, report)
	}
	return nil
}

func (f *benchFlags) measureFloor(ctx context.Context, say func(string), report *benchReport) error {
	say("the floor")
	floor, err := bench.Floor(ctx, f.serverCPU, f.connections, min(f.duration, 3*time.Second))
	report.addFloor(floor)
	return err
}

func (f *benchFlags) measureServer(ctx context.Context, say func(string), report *benchReport) (err error) {
	target := f.target
	if target.Issuer == "" {
		f.own.CPU, f.own.Progress, f.own.Scope = f.serverCPU, say, f.target.Scope
		own, err := bench.StartOwn(ctx, f.own)
		if err != nil {
			return err
		}
		defer func() {
			report.addServer(own)
			err = errors.Join(err, own.Stop())
		}()
		target = own.Target
		target.PIDs = append(target.PIDs, f.target.PIDs...)
	} else if err := target.Discover(ctx); err != nil {
		return err
	}
	results, err := bench.Run(ctx, bench.Options{
		Target: target, Connections: f.connections, Duration: f.duration, Work: f.work, Progress: say,
	})
	report.addWork(results)
	return err
}

// progress shows what is being done: on one line of a terminal, else on lines of
// their own.
func progress(w io.Writer) func(string) {
	f, ok := w.(*os.File)
	if !ok || !isTerminal(f) {
		return func(what string) {
			if what != "" {
				fmt.Fprintln(w, what)
			}
		}
	}
	return func(what string) { fmt.Fprintf(w, "\r\x1b[K%s", strings.TrimSpace(what)) }
}

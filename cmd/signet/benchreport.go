package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/signet-auth/signet/internal/bench"
)

// A benchReport is what "bench --json" prints. Times are in the unit that their
// names end with.
type benchReport struct {
	Version  string        `json:"version"`
	Date     time.Time     `json:"date"`
	Machine  benchMachine  `json:"machine"`
	Settings benchSettings `json:"settings"`
	Server   *benchServer  `json:"server,omitempty"` // of the server that was started
	Fsync    *benchFsync   `json:"fsync,omitempty"`
	Floor    *benchWork    `json:"floor,omitempty"`
	// Signature is the CPU of one RS256 signature in microseconds, with the scope
	// openid: each sign-in and refresh makes one.
	Signature float64     `json:"rs256_signature_us,omitempty"`
	Work      []benchWork `json:"work"`

	floor    bench.Sample
	problems []string
}

type benchMachine struct {
	System string `json:"system"`
	CPU    string `json:"cpu"`
	CPUs   int    `json:"cpus"`
	Go     string `json:"go"`
}

type benchSettings struct {
	URL         string  `json:"url,omitempty"`
	Database    string  `json:"database,omitempty"` // "SQLite" or "PostgreSQL"
	Grants      int     `json:"grants"`
	Connections int     `json:"connections"`
	Seconds     float64 `json:"seconds"`
	Scope       string  `json:"scope"`
	ServerCPU   int     `json:"server_cpu"` // -1 is any
	LoadCPU     int     `json:"load_cpu"`
}

type benchServer struct {
	StartMS float64 `json:"start_ms"`
	IdleMiB float64 `json:"idle_rss_mib"`
	PeakMiB float64 `json:"peak_rss_mib"`
}

type benchFsync struct {
	P50 float64 `json:"p50_us"`
	P99 float64 `json:"p99_us"`
}

type benchWork struct {
	Name     string  `json:"name"`
	Requests int     `json:"requests"`
	Errors   int     `json:"errors"`
	Seconds  float64 `json:"seconds"`
	Rate     float64 `json:"requests_per_second"`
	P50      float64 `json:"p50_us"`
	P90      float64 `json:"p90_us"`
	P99      float64 `json:"p99_us"`
	CPU      float64 `json:"server_cpu_us_per_request"` // 0 if it could not be read
	Multiple float64 `json:"floor_multiple"`            // CPU against that of the floor; 0 if either is unknown
}

func newBenchReport(f *benchFlags) *benchReport {
	r := &benchReport{
		Version: thisBuild().Version,
		Date:    time.Now().UTC().Truncate(time.Second),
		Machine: benchMachine{runtime.GOOS + "/" + runtime.GOARCH, cpuModel(), runtime.NumCPU(), runtime.Version()},
		Settings: benchSettings{
			URL: f.target.Issuer, Grants: f.own.Grants, Connections: f.connections, Seconds: f.duration.Seconds(),
			Scope: f.target.Scope, ServerCPU: f.serverCPU, LoadCPU: f.loadCPU,
		},
		Work: []benchWork{},
	}
	switch {
	case f.target.Issuer != "":
	case strings.HasPrefix(f.own.Database, "postgres"):
		r.Settings.Database = "PostgreSQL"
	default:
		r.Settings.Database = "SQLite"
	}
	return r
}

// addFloor joins the floor measured now with that measured before, so that the
// multiples are of what the machine was in between.
func (r *benchReport) addFloor(s bench.Sample) {
	r.floor.Join(s)
	floor := workOf("floor", r.floor)
	floor.Multiple = 1
	r.Floor = &floor
	for i := range r.Work {
		r.Work[i].Multiple = tenths(r.Work[i].CPU / floor.CPU)
	}
}

func (r *benchReport) addServer(s *bench.Server) {
	_, peak := s.Memory()
	mib := func(bytes int64) float64 { return tenths(float64(bytes) / (1 << 20)) }
	r.Server = &benchServer{tenths(float64(s.Start.Microseconds()) / 1000), mib(s.IdleMemory), mib(peak)}
}

func (r *benchReport) addWork(results []bench.Result) {
	for _, result := range results {
		r.Work = append(r.Work, workOf(result.Name, result.Sample))
		r.problems = append(r.problems, result.Problems()...)
	}
}

func workOf(name string, s bench.Sample) benchWork {
	return benchWork{
		Name: name, Requests: s.Requests, Errors: s.Errors, Seconds: tenths(s.Elapsed.Seconds()), Rate: tenths(s.Rate()),
		P50: micros(s.Percentile(50)), P90: micros(s.Percentile(90)), P99: micros(s.Percentile(99)),
		CPU: tenths(float64(s.CPUPerRequest().Nanoseconds()) / 1000),
	}
}

func (r *benchReport) errors() int {
	n := 0
	for _, w := range r.Work {
		n += w.Errors
	}
	return n
}

// print writes the report for people.
func (r *benchReport) print(w io.Writer) error {
	m, s := r.Machine, r.Settings
	fmt.Fprintf(w, "signet %s on %s, %d x %s, %s, %s\n", r.Version, m.System, m.CPUs, m.CPU, m.Go, r.Date.Format(time.DateOnly))
	if s.Database != "" {
		fmt.Fprintf(w, "database %s with %d grants before; ", s.Database, s.Grants)
	} else {
		fmt.Fprintf(w, "server %s; ", s.URL)
	}
	fmt.Fprintf(w, "%d connections, %.3g s each, scope %q\n", s.Connections, s.Seconds, s.Scope)
	if s.ServerCPU >= 0 {
		fmt.Fprintf(w, "server on CPU %d, load on CPU %d\n", s.ServerCPU, s.LoadCPU)
	}
	if r.Server != nil {
		fmt.Fprintf(w, "first answer %.0f ms after start, memory %.1f MiB idle and %.1f MiB at most\n", r.Server.StartMS, r.Server.IdleMiB, r.Server.PeakMiB)
	}
	if r.Fsync != nil {
		fmt.Fprintf(w, "fsync %.0f us, p99 %.0f us\n", r.Fsync.P50, r.Fsync.P99)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\nwork\trequests/s\tp50 us\tp90 us\tp99 us\terrors\tserver CPU us\ttimes the floor\t")
	rows := r.Work
	if r.Floor != nil {
		rows = append([]benchWork{*r.Floor}, rows...)
	}
	for _, x := range rows {
		fmt.Fprintf(t, "%s\t%.0f\t%.0f\t%.0f\t%.0f\t%d\t%s\t%s\t\n", x.Name, x.Rate, x.P50, x.P90, x.P99, x.Errors, known(x.CPU), known(x.Multiple))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, p := range r.problems {
		fmt.Fprintln(w, "wrong:", p)
	}
	return nil
}

// known prints a figure that may not have been readable.
func known(x float64) string {
	if x == 0 {
		return "unknown"
	}
	return fmt.Sprintf("%.1f", x)
}

func micros(d time.Duration) float64 { return float64(d.Microseconds()) }

func tenths(x float64) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 0
	}
	return math.Round(x*10) / 10
}

// cpuModel names the processor where the system tells.
func cpuModel() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				return strings.TrimSpace(value)
			}
		}
	}
	return "unknown CPU"
}

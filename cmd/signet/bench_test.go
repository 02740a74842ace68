package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// TestBench measures the program with itself, for a moment.
func TestBench(t *testing.T) {
	status, out, errs := call(t, t.TempDir(), "", "bench", "--duration", "150ms", "--connections", "4", "--grants", "200", "--json")
	if status != 0 {
		t.Fatalf("status %d: %s", status, errs)
	}
	var report struct {
		Floor struct{ Requests int }
		Fsync struct {
			P50 float64 `json:"p50_us"`
		}
		Server struct {
			Start float64 `json:"start_ms"`
		}
		Work []struct {
			Name             string
			Requests, Errors int
		}
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	var names []string
	for _, w := range report.Work {
		names = append(names, w.Name)
		if w.Requests == 0 || w.Errors != 0 {
			t.Errorf("%s: %d requests, %d errors", w.Name, w.Requests, w.Errors)
		}
	}
	for _, want := range []string{"authorize", "exchange", "refresh", "userinfo"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s was not done, only %v", want, names)
		}
	}
	if report.Floor.Requests == 0 || report.Fsync.P50 == 0 || report.Server.Start == 0 {
		t.Errorf("the machine was not measured: %s", out)
	}
	if !strings.Contains(errs, "filling the database") {
		t.Errorf("no progress was shown:\n%s", errs)
	}
}

func TestBenchSaysWhatIsWrong(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"bench", "--connections", "0"}, "have to be positive"},
		{[]string{"bench", "--work", "juggling", "--no-floor"}, `no work "juggling"`},
		{[]string{"bench", "--url", "http://127.0.0.1:1", "--no-floor"}, "has no metadata"},
	} {
		status, _, errs := call(t, t.TempDir(), "", tt.args...)
		if status == 0 || !strings.Contains(errs, tt.want) {
			t.Errorf("%v: status %d, %s, want %q", tt.args, status, errs, tt.want)
		}
	}
}

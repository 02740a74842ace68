package cache

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signet-auth/signet/internal/sqlstore"
	"github.com/signet-auth/signet/internal/store"
)

// failing is a store that cannot write figures while it fails.
type failing struct {
	FigureStore
	fails bool
}

func (f *failing) PutFigures(ctx context.Context, node string, minute time.Time, counts map[string]int64) error {
	if f.fails {
		return store.ErrUnavailable
	}
	return f.FigureStore.PutFigures(ctx, node, minute, counts)
}

// A counting node has a clock and counts of its own.
type counting struct {
	*Figures
	kept   *failing
	now    time.Time
	counts map[string]int64
}

func newCounting(t *testing.T) *counting {
	t.Helper()
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{URL: filepath.Join(t.TempDir(), "signet.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	c := &counting{kept: &failing{FigureStore: db}, now: time.Date(2026, 11, 24, 12, 0, 30, 0, time.UTC), counts: map[string]int64{"x": 7}}
	c.Figures = NewFigures(c.kept, store.Node{ID: "n", Name: "alpha"}, func() map[string]int64 { return maps.Clone(c.counts) }, func() time.Time { return c.now })
	return c
}

// sums are what is kept, in minutes past noon.
func (c *counting) sums(t *testing.T, step time.Duration) map[int]int64 {
	t.Helper()
	noon := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	all, err := c.kept.SumFigures(t.Context(), store.FigureQuery{From: noon, To: noon.AddDate(2, 0, 0), Step: step})
	if err != nil {
		t.Fatal(err)
	}
	got := map[int]int64{}
	for _, f := range all {
		got[int(f.At.Sub(noon)/time.Minute)] = f.N
	}
	return got
}

func (c *counting) write(t *testing.T) {
	t.Helper()
	if err := c.Write(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestFiguresAreWrittenOnce(t *testing.T) {
	c := newCounting(t)
	c.write(t)
	c.counts["x"] = 10
	c.write(t)
	c.write(t) // an operator looks at them meanwhile
	c.now = c.now.Add(10 * time.Second)
	c.counts["x"] = 12
	c.write(t)
	c.now = c.now.Add(time.Minute)
	c.write(t) // the minute is over
	c.counts["x"] = 20
	c.write(t)
	c.now = c.now.Add(time.Minute)
	c.write(t)
	if diff := cmp.Diff(map[int]int64{0: 5, 1: 8}, c.sums(t, time.Minute)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	nodes, err := c.kept.ListNodes(t.Context(), c.now.Add(-time.Minute))
	if err != nil || len(nodes) != 1 || nodes[0].Name != "alpha" || !nodes[0].SeenAt.Equal(c.now) {
		t.Errorf("nodes %+v, %v", nodes, err)
	}
}

func TestFiguresOutlastAnOutage(t *testing.T) {
	c := newCounting(t)
	c.counts["x"] = 8
	c.kept.fails = true
	c.now = c.now.Add(time.Minute)
	if err := c.Write(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
	c.counts["x"] = 9
	c.kept.fails = false
	c.write(t)
	c.counts["x"] = 11
	c.write(t)
	if diff := cmp.Diff(map[int]int64{0: 2, 1: 2}, c.sums(t, time.Minute)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestFiguresGrowCoarseAndAreForgotten(t *testing.T) {
	c := newCounting(t)
	for range 90 {
		c.counts["x"]++
		c.now = c.now.Add(time.Minute)
		c.write(t) // ends the minute
	}
	sweep := func(after time.Duration) {
		t.Helper()
		c.now = c.now.Add(after)
		if err := c.Sweep(t.Context(), func() bool { return true }); err != nil {
			t.Fatal(err)
		}
	}
	sweep(0)
	if got := c.sums(t, time.Minute); len(got) != 90 {
		t.Errorf("%d minutes, want 90", len(got))
	}
	sweep(48 * time.Hour)
	if diff := cmp.Diff(map[int]int64{0: 60, 60: 30}, c.sums(t, time.Minute)); diff != "" {
		t.Errorf("after two days (-want +got)\n%s", diff)
	}
	sweep(60 * 24 * time.Hour)
	if got := c.sums(t, time.Hour); len(got) != 0 { // the day began before noon
		t.Errorf("after two months %v", got)
	}
	midnight := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	all, err := c.kept.SumFigures(t.Context(), store.FigureQuery{From: midnight, To: c.now, Step: 24 * time.Hour})
	if err != nil || len(all) != 1 || all[0].N != 90 {
		t.Errorf("a day: %+v, %v", all, err)
	}
	sweep(365 * 24 * time.Hour)
	all, err = c.kept.SumFigures(t.Context(), store.FigureQuery{From: midnight, To: c.now, Step: 24 * time.Hour})
	if err != nil || len(all) != 0 {
		t.Errorf("after a year: %+v, %v", all, err)
	}
}

// Who looks sees what was counted until now, each of it once, and writes nothing.
func TestFiguresAreSeenBeforeTheyAreWritten(t *testing.T) {
	c := newCounting(t)
	noon := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	total := func(from, to time.Time) (n int64) {
		t.Helper()
		all, err := c.SumFigures(t.Context(), store.FigureQuery{From: from, To: to, Step: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range all {
			if !f.At.Equal(noon) {
				t.Errorf("a figure at %v", f.At)
			}
			n += f.N
		}
		return n
	}
	hour := noon.Add(time.Hour)
	steps := []struct {
		name string
		do   func()
		want int64
	}{
		{"nothing counted", func() {}, 0},
		{"counted", func() { c.counts["x"] = 10 }, 3},
		{"written", func() { c.write(t) }, 3},
		{"counted after that", func() { c.counts["x"], c.counts["y"] = 12, 1 }, 6},
		{"written again", func() { c.write(t) }, 6},
		{"the minute over", func() { c.now = c.now.Add(time.Minute); c.write(t) }, 6},
		{"counted in the next", func() { c.counts["x"] = 13 }, 7},
		{"not to be written", func() { c.kept.fails = true; c.counts["x"] = 14; c.Write(t.Context()) }, 8},
		{"written at last", func() { c.kept.fails = false; c.write(t) }, 8},
	}
	for _, s := range steps {
		s.do()
		if got := total(noon, hour); got != s.want {
			t.Errorf("%s: %d, want %d", s.name, got, s.want)
		}
	}
	if got := total(hour, hour.Add(time.Hour)); got != 0 {
		t.Errorf("another hour: %d", got)
	}
}

package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signet-auth/signet/internal/store"
)

var figurePromises = map[string]func(*testing.T, Store){
	"figures are added up over nodes and steps":   figuresAddUp,
	"figures put again replace those before":      figuresAgain,
	"condensing counts nothing twice":             figuresCondense,
	"old figures are deleted":                     oldFigures,
	"nodes that run are known":                    nodesSeen,
	"many figures of one minute are written once": manyFigures,
}

func figure(at time.Time, series string, n int64) store.Figure {
	return store.Figure{At: at, Series: series, N: n}
}

func sums(t *testing.T, s Store, from, to time.Time, step time.Duration) []store.Figure {
	t.Helper()
	got, err := s.SumFigures(t.Context(), store.FigureQuery{From: from, To: to, Step: step})
	must(t, err)
	return got
}

func figuresAddUp(t *testing.T, s Store) {
	must(t, s.PutFigures(t.Context(), "a", now, map[string]int64{"x": 1, "y": 2}))
	must(t, s.PutFigures(t.Context(), "b", now, map[string]int64{"x": 10}))
	must(t, s.PutFigures(t.Context(), "a", now.Add(5*time.Minute), map[string]int64{"x": 100}))
	must(t, s.PutFigures(t.Context(), "a", now.Add(time.Hour), map[string]int64{"x": 1000}))
	must(t, s.PutFigures(t.Context(), "a", now, nil))
	want := []store.Figure{figure(now, "x", 111), figure(now, "y", 2)}
	if diff := cmp.Diff(want, sums(t, s, now, now.Add(time.Hour), 15*time.Minute)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	want = []store.Figure{figure(now.Add(5*time.Minute), "x", 100), figure(now.Add(time.Hour), "x", 1000)}
	if diff := cmp.Diff(want, sums(t, s, now.Add(time.Minute), now.Add(2*time.Hour), time.Minute)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func figuresAgain(t *testing.T, s Store) {
	must(t, s.PutFigures(t.Context(), "a", now, map[string]int64{"x": 1, "y": 2}))
	must(t, s.PutFigures(t.Context(), "a", now, map[string]int64{"x": 3}))
	want := []store.Figure{figure(now, "x", 3), figure(now, "y", 2)}
	if diff := cmp.Diff(want, sums(t, s, now, now.Add(time.Hour), time.Minute)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// figuresCondense lets several nodes do it at once.
func figuresCondense(t *testing.T, s Store) {
	const minutes = 150 // two hours and a half
	for i := range minutes {
		must(t, s.PutFigures(t.Context(), fmt.Sprint("node", i%2), now.Add(time.Duration(i)*time.Minute), map[string]int64{"x": 1, "y": 2}))
	}
	end := now.Add(2 * time.Hour)
	taken := make(chan int, 100)
	for _, err := range together(4, func(int) error {
		for {
			n, err := s.CondenseFigures(t.Context(), time.Minute, time.Hour, end)
			if taken <- n; err != nil || n == 0 {
				return err
			}
		}
	}) {
		must(t, err)
	}
	close(taken)
	total := 0
	for n := range taken {
		total += n
	}
	if total != 2*120 {
		t.Errorf("%d rows were condensed, want %d", total, 2*120)
	}
	want := []store.Figure{
		figure(now, "x", 60), figure(now, "y", 120), figure(now.Add(time.Hour), "x", 60), figure(now.Add(time.Hour), "y", 120), figure(end, "x", 30), figure(end, "y", 60),
	}
	if diff := cmp.Diff(want, sums(t, s, now, now.Add(24*time.Hour), time.Hour)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	must(t, s.PutFigures(t.Context(), "late", now, map[string]int64{"x": 5}))
	if n, err := s.CondenseFigures(t.Context(), time.Minute, time.Hour, end); n != 1 || err != nil {
		t.Errorf("a node that was late: %d, %v", n, err)
	}
	if got := sums(t, s, now, now.Add(time.Hour), time.Hour); got[0].N != 65 {
		t.Errorf("afterwards %+v", got)
	}
}

func manyFigures(t *testing.T, s Store) {
	counts := map[string]int64{}
	for i := range 350 {
		counts[fmt.Sprint("series", i)] = int64(i)
	}
	for _, err := range together(4, func(int) error { return s.PutFigures(t.Context(), "a", now, counts) }) {
		must(t, err)
	}
	if got := sums(t, s, now, now.Add(time.Hour), time.Hour); len(got) != 350 {
		t.Errorf("%d series, want 350", len(got))
	}
}

func oldFigures(t *testing.T, s Store) {
	for i := range 3 {
		must(t, s.PutFigures(t.Context(), "a", now.Add(time.Duration(i)*time.Minute), map[string]int64{"x": 1}))
	}
	for _, want := range []int{1, 1, 0} {
		if n, err := s.DeleteOldFigures(t.Context(), now.Add(2*time.Minute), 1); n != want || err != nil {
			t.Errorf("deleted %d, %v, want %d", n, err, want)
		}
	}
}

func nodesSeen(t *testing.T, s Store) {
	a := store.Node{ID: "a", Name: "alpha", Version: "1", StartedAt: now, SeenAt: now}
	b := store.Node{ID: "b", Name: "beta", Version: "2", StartedAt: now.Add(time.Minute), SeenAt: now.Add(time.Minute)}
	for _, n := range []store.Node{b, a} {
		must(t, s.SeeNode(t.Context(), n))
	}
	a.SeenAt = now.Add(time.Hour)
	must(t, s.SeeNode(t.Context(), a))
	early := a
	early.SeenAt = now
	must(t, s.SeeNode(t.Context(), early)) // a write that was late
	got, err := s.ListNodes(t.Context(), now)
	if diff := cmp.Diff([]store.Node{a, b}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	if got, err := s.ListNodes(t.Context(), now.Add(30*time.Minute)); err != nil || len(got) != 1 || got[0].ID != "a" {
		t.Errorf("seen of late: %+v, %v", got, err)
	}
	if n, err := s.DeleteUnseenNodes(t.Context(), now.Add(30*time.Minute), 10); n != 1 || err != nil {
		t.Errorf("deleted %d, %v, want 1", n, err)
	}
}

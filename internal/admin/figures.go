package admin

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/telemetry"
)

// Sums adds up what nodes count; figures of one series and step may be several.
type Sums interface {
	SumFigures(ctx context.Context, q store.FigureQuery) ([]store.Figure, error)
}

// A Span is how far trends look back.
type Span struct {
	Length, Step time.Duration
}

// The spans, by name.
var Spans = map[string]Span{
	"hour":  {time.Hour, time.Minute},
	"day":   {24 * time.Hour, 30 * time.Minute},
	"month": {30 * 24 * time.Hour, 24 * time.Hour},
}

// Trends are figures over time: one element of each list for each of Times.
type Trends struct {
	Times    []time.Time // when each step begins
	Step     time.Duration
	SignIns  []int64
	Failed   []int64            // sign-ins
	Issued   map[string][]int64 // by grant type
	Refused  map[string][]int64 // by code
	Requests []int64
	Median   []time.Duration // of the time that requests took
	Slow     []time.Duration // 95 of 100 took less
	Total    map[string]int64
	Faces    []FaceTrend
}

// A FaceTrend is how fast one face answered in all of the time.
type FaceTrend struct {
	Name         string
	Requests     int64
	Median, Slow time.Duration
}

// waiting are refusals that clients count on.
var waiting = map[string]bool{"authorization_pending": true, "slow_down": true}

// Trends puts together what all nodes counted, until now.
func (a *Admin) Trends(ctx context.Context, sums Sums, span Span) (Trends, error) {
	end := a.now().Truncate(span.Step).Add(span.Step)
	begin := end.Add(-span.Length)
	figures, err := sums.SumFigures(ctx, store.FigureQuery{From: begin, To: end, Step: span.Step})
	if err != nil {
		return Trends{}, fmt.Errorf("reading figures: %w", err)
	}
	n := int(span.Length / span.Step)
	t := newTrends(begin, span.Step, n)
	times := make([]map[string]telemetry.Histogram, n)
	for _, f := range figures {
		if i := int(f.At.Sub(begin) / span.Step); i >= 0 && i < n {
			t.add(i, f, times)
		}
	}
	t.measure(times)
	return t, nil
}

func newTrends(begin time.Time, step time.Duration, n int) Trends {
	t := Trends{
		Step: step, Times: make([]time.Time, n), SignIns: make([]int64, n), Failed: make([]int64, n), Requests: make([]int64, n),
		Median: make([]time.Duration, n), Slow: make([]time.Duration, n),
		Issued: map[string][]int64{}, Refused: map[string][]int64{}, Total: map[string]int64{},
	}
	for i := range t.Times {
		t.Times[i] = begin.Add(time.Duration(i) * step)
	}
	return t
}

// add puts one figure where it belongs.
func (t *Trends) add(i int, f store.Figure, times []map[string]telemetry.Histogram) {
	kind, part, _ := strings.Cut(f.Series, "/")
	put := func(lists map[string][]int64) {
		if lists[part] == nil {
			lists[part] = make([]int64, len(t.Times))
		}
		lists[part][i] += f.N
	}
	switch kind {
	case telemetry.SignIns:
		t.SignIns[i] += f.N
	case telemetry.SignInErrors:
		t.Failed[i] += f.N
	case telemetry.Issued:
		put(t.Issued)
	case telemetry.Refused:
		if waiting[part] {
			return
		}
		put(t.Refused)
	case telemetry.Answered:
		t.Requests[i] += f.N
	case telemetry.Took:
		face, bucket, _ := strings.Cut(part, "/")
		if times[i] == nil {
			times[i] = map[string]telemetry.Histogram{}
		}
		if times[i][face] == nil {
			times[i][face] = telemetry.Histogram{}
		}
		times[i][face].Note(bucket, f.N)
		return
	}
	t.Total[kind] += f.N
}

// measure finds out how fast answers were, without what operators did: their pages
// are few, and look at much.
func (t *Trends) measure(times []map[string]telemetry.Histogram) {
	whole := map[string]telemetry.Histogram{}
	for i, faces := range times {
		step := telemetry.Histogram{}
		for face, h := range faces {
			if whole[face] == nil {
				whole[face] = telemetry.Histogram{}
			}
			whole[face].Add(h)
			if face != telemetry.Faces()[telemetry.Dashboard] {
				step.Add(h)
			}
		}
		t.Median[i], t.Slow[i] = step.Quantile(0.5), step.Quantile(0.95)
	}
	for _, name := range telemetry.Faces() {
		if h := whole[name]; h != nil {
			t.Faces = append(t.Faces, FaceTrend{Name: name, Requests: h.Total(), Median: h.Quantile(0.5), Slow: h.Quantile(0.95)})
		}
	}
}

// nodeGone is how long a node may not be seen before it counts as gone.
const nodeGone = 150 * time.Second

// Nodes lists the nodes that run.
func (a *Admin) Nodes(ctx context.Context) ([]store.Node, error) {
	return a.nodes.ListNodes(ctx, a.now().Add(-nodeGone))
}

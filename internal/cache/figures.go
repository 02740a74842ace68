package cache

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

// Figures writes down what this node counts, a row for each minute and series. It
// is safe for concurrent use.
type Figures struct {
	kept  FigureStore
	count func() map[string]int64 // since the node began
	node  store.Node
	now   func() time.Time

	mu      sync.Mutex
	minute  time.Time        // that is being counted
	base    map[string]int64 // what had been counted when it began
	written map[string]int64 // of what was counted in it
}

// FigureStore keeps figures and nodes.
type FigureStore interface {
	store.Figures
	store.Nodes
}

// NewFigures makes Figures for a node that begins to count now.
func NewFigures(kept FigureStore, node store.Node, count func() map[string]int64, now func() time.Time) *Figures {
	return &Figures{kept: kept, count: count, node: node, now: now, minute: now().Truncate(time.Minute), base: count()}
}

// Write writes down what was counted since the minute began, and begins another if
// that is over. It may be called at any time; what cannot be written is written
// the next time.
func (f *Figures) Write(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	now, counted := f.now(), f.count()
	node := f.node
	node.SeenAt = now
	if err := f.kept.SeeNode(ctx, node); err != nil {
		return fmt.Errorf("noting that this node runs: %w", err)
	}
	since := more(counted, f.base)
	if len(since) > 0 {
		if err := f.kept.PutFigures(ctx, f.node.ID, f.minute, since); err != nil {
			return fmt.Errorf("writing down figures: %w", err)
		}
	}
	f.written = since
	if begun := now.Truncate(time.Minute); begun.After(f.minute) {
		f.minute, f.base, f.written = begun, counted, nil
	}
	return nil
}

// more is by how much each count is greater than before.
func more(now, before map[string]int64) map[string]int64 {
	by := map[string]int64{}
	for series, n := range now {
		if n -= before[series]; n > 0 {
			by[series] = n
		}
	}
	return by
}

// SumFigures adds up what all nodes have written down, and what this one has counted
// since then: figures of one series and step may be two that belong together. It
// writes nothing, so that looking costs no more than reading.
func (f *Figures) SumFigures(ctx context.Context, q store.FigureQuery) ([]store.Figure, error) {
	f.mu.Lock() // what is written down meanwhile would be there twice
	defer f.mu.Unlock()
	all, err := f.kept.SumFigures(ctx, q)
	if err != nil || f.minute.Before(q.From) || !f.minute.Before(q.To) {
		return all, err
	}
	for series, n := range more(more(f.count(), f.base), f.written) {
		all = append(all, store.Figure{At: f.minute.Truncate(q.Step), Series: series, N: n})
	}
	return all, nil
}

// How long figures are kept: by the minute, by the hour, and at all.
const (
	minutesKept = 26 * time.Hour
	hoursKept   = 40 * 24 * time.Hour
	figuresKept = 400 * 24 * time.Hour
	nodesKept   = 7 * 24 * time.Hour
	sweptAtOnce = 500
)

// Sweep turns old figures into rows of hours and days and forgets the oldest, and
// nodes that have not been seen for long. pause is called between writes and ends
// it with false.
func (f *Figures) Sweep(ctx context.Context, pause func() bool) error {
	now := f.now()
	const day = 24 * time.Hour
	steps := []func() (int, error){
		func() (int, error) {
			return f.kept.CondenseFigures(ctx, time.Minute, time.Hour, now.Add(-minutesKept).Truncate(time.Hour))
		},
		func() (int, error) {
			return f.kept.CondenseFigures(ctx, time.Hour, day, now.Add(-hoursKept).Truncate(day))
		},
		func() (int, error) { return f.kept.DeleteOldFigures(ctx, now.Add(-figuresKept), sweptAtOnce) },
		func() (int, error) { return f.kept.DeleteUnseenNodes(ctx, now.Add(-nodesKept), sweptAtOnce) },
	}
	for _, step := range steps {
		for {
			n, err := step()
			if err != nil {
				return err
			}
			if n == 0 {
				break
			}
			if !pause() {
				return ctx.Err()
			}
		}
	}
	return nil
}

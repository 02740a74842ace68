package store

import (
	"context"
	"time"
)

// Figures keeps what nodes counted over time.
type Figures interface {
	// PutFigures keeps what a node counted in the minute that began at the given
	// time. Put again, the values of a series replace those before, so that a call
	// whose outcome is not known can be made again.
	PutFigures(ctx context.Context, node string, minute time.Time, counts map[string]int64) error

	// SumFigures adds up what all nodes counted, by series and step. Steps begin at
	// whole multiples of their length; those without any are left out.
	SumFigures(ctx context.Context, q FigureQuery) ([]Figure, error)

	// CondenseFigures adds up rows of one width that began before the given time into
	// rows of a greater one, one of these at a time, and returns how many rows it took;
	// 0 means that none is left. Nothing is counted twice or lost, whoever does it at
	// once.
	CondenseFigures(ctx context.Context, from, to time.Duration, before time.Time) (int, error)

	// DeleteOldFigures removes at most limit rows that began before the given time
	// and returns how many.
	DeleteOldFigures(ctx context.Context, before time.Time, limit int) (int, error)
}

// A FigureQuery selects and adds up figures.
type FigureQuery struct {
	From, To time.Time // To is not included
	Step     time.Duration
}

// A Figure is how often something happened in a step of time.
type Figure struct {
	At     time.Time // when the step began
	Series string
	N      int64
}

// Nodes keeps which processes run.
type Nodes interface {
	// SeeNode notes a node, or that it runs still.
	SeeNode(ctx context.Context, n Node) error

	// ListNodes returns the nodes that were seen after the given time, the one that
	// started first first.
	ListNodes(ctx context.Context, after time.Time) ([]Node, error)

	// DeleteUnseenNodes removes at most limit nodes not seen since the given time and
	// returns how many.
	DeleteUnseenNodes(ctx context.Context, since time.Time, limit int) (int, error)
}

// A Node is one process of the instance.
type Node struct {
	ID        string // random
	Name      string // of its machine
	Version   string
	StartedAt time.Time
	SeenAt    time.Time
}

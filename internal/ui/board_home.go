package ui

import (
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/chart"
	"github.com/signet-auth/signet/internal/store"
)

// BoardHome shows how the instance does: figures over time, and how it runs.
type BoardHome struct {
	Board
	Span   string // hour, day or month
	Charts []chart.Chart
	Totals []Total
	Faces  []FaceFigures
	Nodes  []store.Node
	Health []Check
}

// A Total is one number of the span.
type Total struct{ Name, Value string }

// FaceFigures are how fast a part of the server answered.
type FaceFigures struct {
	Name         string
	Requests     int64
	Median, Slow time.Duration
}

// A Check is something that should be well.
type Check struct {
	Name, Value string
	Good        bool
}

var spanNames = []place{{"Last hour", "hour", false}, {"Last day", "day", false}, {"Last 30 days", "month", false}}

// faceWords are what parts of the server are called.
var faceWords = map[string]string{
	"authorize": "Authorization", "token": "Tokens", "userinfo": "User info", "protocol": "Other endpoints", "api": "Backend API",
	"pages": "Pages", "dashboard": "Dashboard",
}

// took writes a duration as charts do.
func took(d time.Duration) string {
	return chart.Milliseconds(float64(d) / float64(time.Millisecond))
}

// Render writes the page.
func (p BoardHome) Render(w io.Writer, v View) error {
	s := sheet{Board: p.Board, Title: "Home"}
	for _, x := range spanNames {
		x.Current = x.Href == p.Span
		x.Href = boardPath("?span=" + x.Href)
		s.Tabs = append(s.Tabs, x)
	}
	totals := block{ID: "totals"}
	for _, t := range p.Totals {
		totals.Figures = append(totals.Figures, fact{t.Name, text(t.Value)})
	}
	s.Blocks = append(s.Blocks, totals)
	for _, c := range p.Charts {
		drawn, err := c.HTML()
		if err != nil {
			return fmt.Errorf("drawing %s: %w", c.ID, err)
		}
		s.Blocks = append(s.Blocks, block{Half: true, Charts: []template.HTML{drawn}})
	}
	s.Blocks = append(s.Blocks, p.health(), p.faces(), p.nodes())
	return board(w, v, s)
}

func (p BoardHome) health() block {
	b := block{ID: "health", Heading: "System health", Half: true}
	for _, c := range p.Health {
		value := text(c.Value)
		if c.Good {
			value.Badges = []badge{good("Well")}
		} else {
			value.Badges = []badge{bad("Look here")}
		}
		b.Facts = append(b.Facts, fact{c.Name, value})
	}
	return b
}

func (p BoardHome) faces() block {
	b := block{ID: "faces", Heading: "How fast answers are", Half: true}
	if len(p.Faces) == 0 {
		b.Text = "Nothing was asked in this time."
		return b
	}
	t := table{Caption: "Answers by part of the server", Columns: []string{"Part", "Requests", "Median", "95 of 100"}}
	for _, f := range p.Faces {
		name := faceWords[f.Name]
		t.Rows = append(t.Rows, []cell{text(name), number(chart.Count(float64(f.Requests))), number(took(f.Median)), number(took(f.Slow))})
	}
	b.Table = &t
	return b
}

func (p BoardHome) nodes() block {
	t := table{Caption: "Nodes", Columns: []string{"Node", "Version", "Running since", "Last seen"}}
	for _, n := range p.Nodes {
		id := cell{Text: n.Name, Detail: strings.ToLower(n.ID[:min(8, len(n.ID))])}
		t.Rows = append(t.Rows, []cell{id, codeCell(n.Version), when(n.StartedAt), when(n.SeenAt)})
	}
	return block{ID: "nodes", Heading: "Nodes", Table: &t}
}

// BoardProblem says why something could not be done.
type BoardProblem struct {
	Board
	Title, Text string
	Back        string // a path, or ""
	RequestID   string // of a fault, or ""
}

// Render writes the page.
func (p BoardProblem) Render(w io.Writer, v View) error {
	b := block{Text: p.Text}
	if p.RequestID != "" {
		b.Facts = []fact{{"Request", codeCell(p.RequestID)}}
	}
	s := sheet{Board: p.Board, Title: p.Title, Blocks: []block{b}}
	if p.Back != "" {
		s.Buttons = []place{{Label: "Go back", Href: p.Back}}
	}
	return board(w, v, s)
}

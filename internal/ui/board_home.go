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

var spanNames = []place{{"board.home.last_hour", "hour", false}, {"board.home.last_day", "day", false}, {"board.home.last_days", "month", false}}

// faceWords are the messages that say what parts of the server are called.
var faceWords = map[string]string{
	"authorize": "board.home.authorization", "token": "board.word.tokens", "userinfo": "board.home.user_info", "protocol": "board.home.other_endpoints", "api": "board.home.backend_api",
	"pages": "board.home.pages", "dashboard": "board.home.dashboard",
}

// took writes a duration as charts do.
func took(d time.Duration) string {
	return chart.Milliseconds(float64(d) / float64(time.Millisecond))
}

// Render writes the page.
func (p BoardHome) Render(w io.Writer, v View) error {
	s := sheet{Board: p.Board, Title: v.Say("board.word.home")}
	for _, x := range spanNames {
		x.Label, x.Current = v.Say(x.Label), x.Href == p.Span
		x.Href = boardPath("?span=" + x.Href)
		s.Tabs = append(s.Tabs, x)
	}
	totals := block{ID: "totals"}
	for _, t := range p.Totals {
		totals.Figures = append(totals.Figures, fact{t.Name, text(t.Value)})
	}
	s.Blocks = append(s.Blocks, totals)
	words := chart.Words{Table: v.Say("board.home.as_table"), Time: v.Say("board.home.time"), Nothing: v.Say("board.home.nothing_happened")}
	for _, c := range p.Charts {
		c.Words = words
		drawn, err := c.HTML()
		if err != nil {
			return fmt.Errorf("drawing %s: %w", c.ID, err)
		}
		s.Blocks = append(s.Blocks, block{Half: true, Charts: []template.HTML{drawn}})
	}
	s.Blocks = append(s.Blocks, p.health(v), p.faces(v), p.nodes(v))
	return board(w, v, s)
}

func (p BoardHome) health(v View) block {
	b := block{ID: "health", Heading: v.Say("board.home.system_health"), Half: true}
	for _, c := range p.Health {
		value := text(c.Value)
		if c.Good {
			value.Badges = []badge{good(v.Say("board.home.well"))}
		} else {
			value.Badges = []badge{bad(v.Say("board.home.look_here"))}
		}
		b.Facts = append(b.Facts, fact{c.Name, value})
	}
	return b
}

func (p BoardHome) faces(v View) block {
	b := block{ID: "faces", Heading: v.Say("board.home.how_fast_answers"), Half: true}
	if len(p.Faces) == 0 {
		b.Text = v.Say("board.home.nothing_was_asked")
		return b
	}
	t := table{Caption: v.Say("board.home.answers_by_part"), Columns: []string{v.Say("board.home.part"), v.Say("board.home.requests"), v.Say("board.home.median"), v.Say("board.home.slow")}}
	for _, f := range p.Faces {
		t.Rows = append(t.Rows, []cell{text(v.Say(faceWords[f.Name])), number(chart.Count(float64(f.Requests))), number(took(f.Median)), number(took(f.Slow))})
	}
	b.Table = &t
	return b
}

func (p BoardHome) nodes(v View) block {
	t := table{Caption: v.Say("board.home.nodes"), Columns: []string{v.Say("board.home.node"), v.Say("board.home.version"), v.Say("board.home.running_since"), v.Say("board.home.last_seen")}}
	for _, n := range p.Nodes {
		id := cell{Text: n.Name, Detail: strings.ToLower(n.ID[:min(8, len(n.ID))])}
		t.Rows = append(t.Rows, []cell{id, codeCell(n.Version), when(n.StartedAt), when(n.SeenAt)})
	}
	return block{ID: "nodes", Heading: v.Say("board.home.nodes"), Table: &t}
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
		b.Facts = []fact{{v.Say("board.word.request"), codeCell(p.RequestID)}}
	}
	s := sheet{Board: p.Board, Title: p.Title, Blocks: []block{b}}
	if p.Back != "" {
		s.Buttons = []place{{Label: v.Say("board.home.go_back"), Href: p.Back}}
	}
	return board(w, v, s)
}

package ui

import (
	"io"
	"net/url"

	"github.com/signet-auth/signet/internal/doctor"
)

// BoardRefusals lists the requests that were refused lately on this node.
type BoardRefusals struct {
	Board
	Query string
	Cases []doctor.Case
}

// Render writes the page.
func (p BoardRefusals) Render(w io.Writer, v View) error {
	s := sheet{Board: p.Board, Title: "Request doctor", Lead: "The requests that were refused last, why, and how to mend them. Each node remembers its own last thousand."}
	b := block{ID: "refusals", Search: &search{boardPath("/refusals"), "Find a refusal", p.Query, "Request ID, client ID or code"}}
	t := table{Caption: "Refused requests", Columns: []string{"When", "Request", "Refused with", "Rule", "Client ID"}}
	for _, c := range p.Cases {
		t.Rows = append(t.Rows, []cell{
			{Time: c.At},
			{Text: c.Request, Href: boardPath("/refusals/" + url.PathEscape(c.ID))},
			badges(bad(codeWord(c.Code))), text(c.Rule), codeCell(c.ClientID),
		})
	}
	switch {
	case len(t.Rows) > 0:
		b.Table = &t
	case p.Query != "":
		b.Empty = &empty{Icon: "alert", Title: "Nothing found", Text: "This node remembers no refusal with this in it."}
	default:
		b.Empty = &empty{Icon: "check", Title: "Nothing was refused", Text: "Not since this node started."}
	}
	s.Blocks = []block{b}
	return board(w, v, s)
}

// codeWord is the code, or what stands for having none.
func codeWord(code string) string {
	if code == "" {
		return "a token is wanted"
	}
	return code
}

// BoardRefusal shows one refused request: its way, what was received beside what is
// registered, and how to mend it.
type BoardRefusal struct {
	Board
	Case        doctor.Case
	Application string // its name, or ""
	AppPath     string
}

// Render writes the page.
func (p BoardRefusal) Render(w io.Writer, v View) error {
	c := p.Case
	s := sheet{
		Board: p.Board, Title: c.Request, Lead: c.Description, Above: &place{Label: "Request doctor", Href: boardPath("/refusals")},
		Badges: []badge{bad(codeWord(c.Code))},
	}
	way := block{ID: "way", Heading: "The way of this request"}
	for _, x := range c.Way() {
		way.Steps = append(way.Steps, step{x.Name, x.Text, string(x.State)})
	}
	s.Blocks = append(s.Blocks, way)
	if len(c.Mend) > 0 {
		s.Blocks = append(s.Blocks, block{ID: "mend", Heading: "How to mend it", List: c.Mend})
	}
	compare := block{ID: "compare", Heading: "Received beside registered", Text: "Secrets are shown as the beginning of a hash, by which two can be told apart."}
	for _, x := range c.Compare() {
		compare.Compare = append(compare.Compare, compared{x.Name, x.Received, x.Registered, x.Differs})
	}
	if len(compare.Compare) == 0 {
		compare.Text = "The request had no parameters."
	}
	facts := []fact{{"Rule", text(c.Rule)}, {"When", when(c.At)}, {"Request ID", codeCell(c.ID)}}
	if p.Application != "" {
		facts = append(facts, fact{"Application", cell{Text: p.Application, Href: p.AppPath}})
	} else if c.ClientID != "" {
		facts = append(facts, fact{"Client ID", codeCell(c.ClientID)})
	}
	s.Blocks = append(s.Blocks, compare, block{ID: "facts", Heading: "Details", Facts: facts})
	return board(w, v, s)
}

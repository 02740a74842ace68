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
	s := sheet{Board: p.Board, Title: v.Say("board.word.request_doctor"), Lead: v.Say("board.refusals.the_requests")}
	b := block{ID: "refusals", Search: &search{boardPath("/refusals"), v.Say("board.refusals.find_a_refusal"), p.Query, v.Say("board.refusals.request_id_client_id")}}
	t := table{Caption: v.Say("board.refusals.refused_requests"), Columns: []string{v.Say("board.word.when"), v.Say("board.word.request"), v.Say("board.refusals.refused_with"), v.Say("board.refusals.rule"), v.Say("board.word.client_id")}}
	for _, c := range p.Cases {
		t.Rows = append(t.Rows, []cell{
			{Time: c.At},
			{Text: c.Request, Href: boardPath("/refusals/" + url.PathEscape(c.ID))},
			badges(bad(codeWord(v, c.Code))), text(c.Rule), codeCell(c.ClientID),
		})
	}
	switch {
	case len(t.Rows) > 0:
		b.Table = &t
	case p.Query != "":
		b.Empty = &empty{Icon: "alert", Title: v.Say("board.word.nothing_found"), Text: v.Say("board.refusals.this_node_remembers_no")}
	default:
		b.Empty = &empty{Icon: "check", Title: v.Say("board.refusals.nothing_was_refused"), Text: v.Say("board.refusals.not_since_this_node")}
	}
	s.Blocks = []block{b}
	return board(w, v, s)
}

// codeWord is the code, or what stands for having none.
func codeWord(v View, code string) string {
	if code == "" {
		return v.Say("board.refusals.a_token_is_wanted")
	}
	return code
}

// BoardRefusal shows one refused request: its way, what was received beside what is
// registered, and how to mend it. What the protocol said of it and the advice, which
// speak of parameters and RFCs, are English, as they are in logs.
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
		Board: p.Board, Title: c.Request, Lead: c.Description, English: true, Above: &place{Label: v.Say("board.word.request_doctor"), Href: boardPath("/refusals")},
		Badges: []badge{bad(codeWord(v, c.Code))},
	}
	way := block{ID: "way", Heading: v.Say("board.refusals.the_way")}
	for _, x := range c.Way() {
		way.Steps = append(way.Steps, step{v.Say(x.Name), x.Text, string(x.State)})
	}
	s.Blocks = append(s.Blocks, way)
	if len(c.Mend) > 0 {
		s.Blocks = append(s.Blocks, block{ID: "mend", Heading: v.Say("board.refusals.how_to_mend"), List: c.Mend, English: true})
	}
	compare := block{ID: "compare", Heading: v.Say("board.refusals.received_beside_registered"), Text: v.Say("board.refusals.secrets_are_shown")}
	for _, x := range c.Compare() {
		compare.Compare = append(compare.Compare, compared{x.Name, x.Received, x.Registered, x.Differs})
	}
	if len(compare.Compare) == 0 {
		compare.Text = v.Say("board.refusals.the_request_had_no")
	}
	facts := []fact{{v.Say("board.refusals.rule"), text(c.Rule)}, {v.Say("board.word.when"), when(c.At)}, {v.Say("board.refusals.request_id"), codeCell(c.ID)}}
	if p.Application != "" {
		facts = append(facts, fact{v.Say("board.word.application"), cell{Text: p.Application, Href: p.AppPath}})
	} else if c.ClientID != "" {
		facts = append(facts, fact{v.Say("board.word.client_id"), codeCell(c.ClientID)})
	}
	s.Blocks = append(s.Blocks, compare, block{ID: "facts", Heading: v.Say("board.refusals.details"), Facts: facts})
	return board(w, v, s)
}

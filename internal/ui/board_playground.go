package ui

import (
	"io"
	"strconv"
)

// BoardPlayground runs the code flow of an application and shows each step.
type BoardPlayground struct {
	ApplicationFrame
	Address string // where the flow comes back to
	Allowed bool   // the address is registered
	Scopes  []ScopeChoice
	Steps   []PlaygroundStep
	Pending string // the sealed flow with a code that waits for the secret, or ""
	Secret  bool   // the application needs it
}

// A PlaygroundStep is a request or an answer, as it went over the wire.
type PlaygroundStep struct {
	Title, Text string
	Wire        string
}

// Render writes the page.
func (p BoardPlayground) Render(w io.Writer, v View) error {
	s := p.sheet(v, "/playground")
	base := applicationPath(p.Client) + "/playground"
	for i, x := range p.Steps {
		heading := strconv.Itoa(i+1) + ". " + x.Title
		s.Blocks = append(s.Blocks, block{Heading: heading, Text: x.Text, Listings: []listing{{Text: x.Wire}}})
	}
	switch {
	case p.Client.ClientCredentials && len(p.Client.RedirectURIs) == 0 && len(p.Steps) == 0:
		s.Blocks = append(s.Blocks, block{ID: "service", Heading: v.Say("board.playground.ask_for_a_token"), Text: v.Say("board.playground.a_service_acts"), Forms: []form{{
			Action: base + "/service", CSRF: p.CSRF, Submit: v.Say("board.playground.get_a_token"), Fields: []field{{Name: "secret", Label: v.Say("board.playground.client_secret"), Type: "password", Required: true, Half: true, Complete: "off"}},
		}}})
	case p.Pending != "":
		f := form{ID: "exchange", Action: base + "/exchange", CSRF: p.CSRF, Submit: v.Say("board.playground.exchange_the_code"), Fields: []field{{Name: "flow", Type: "hidden", Value: p.Pending}}}
		about := v.Say("board.playground.exchange_public")
		if p.Secret {
			about = v.Say("board.playground.exchange_confidential")
			f.Fields = append(f.Fields, field{Name: "secret", Label: v.Say("board.playground.client_secret"), Type: "password", Required: true, Half: true, Complete: "off"})
		}
		s.Blocks = append(s.Blocks, block{ID: "next", Heading: v.Say("board.playground.next_the_code_buys"), Text: about, Forms: []form{f}})
	case !p.Allowed:
		s.Blocks = append(s.Blocks, block{ID: "allow", Heading: v.Say("board.playground.try_the_sign_in"), Text: v.Say("board.playground.the_playground_runs"), Listings: []listing{{Text: p.Address}}, Forms: []form{
			{Action: base + "/allow", CSRF: p.CSRF, Submit: v.Say("board.playground.add_the_address")},
		}})
	case len(p.Steps) > 0:
		s.Blocks = append(s.Blocks, block{ID: "again", Forms: []form{{Action: base, Get: true, Submit: v.Say("board.playground.begin_again"), Tone: "secondary"}}})
	default:
		fields := []field{}
		for _, c := range p.Scopes {
			fields = append(fields, c.field(v))
		}
		s.Blocks = append(s.Blocks,
			block{ID: "start", Heading: v.Say("board.playground.try_the_sign_in"), Text: v.Say("board.playground.runs_the_real_code"), Forms: []form{
				{Action: base, CSRF: p.CSRF, Submit: v.Say("board.playground.start_the_sign_in"), Fields: fields},
			}},
			block{ID: "forbid", Heading: v.Say("board.playground.done_with_it"), Text: v.Say("board.playground.take_the_address"), Forms: []form{
				{Action: base + "/forbid", CSRF: p.CSRF, Submit: v.Say("board.playground.remove_the_address"), Tone: "secondary"},
			}})
	}
	return board(w, v, s)
}

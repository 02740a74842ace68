package ui

import (
	"io"
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
	s := p.sheet("/playground")
	base := applicationPath(p.Client) + "/playground"
	for i, x := range p.Steps {
		heading := string(rune('1'+i)) + ". " + x.Title
		s.Blocks = append(s.Blocks, block{Heading: heading, Text: x.Text, Listings: []listing{{Text: x.Wire}}})
	}
	switch {
	case p.Client.ClientCredentials && len(p.Client.RedirectURIs) == 0 && len(p.Steps) == 0:
		s.Blocks = append(s.Blocks, block{ID: "service", Heading: "Ask for a token", Text: "A service acts on its own behalf: it sends its secret and gets a token. The secret is used for this one request and not kept.", Forms: []form{{
			Action: base + "/service", CSRF: p.CSRF, Submit: "Get a token", Fields: []field{{Name: "secret", Label: "Client secret", Type: "password", Required: true, Half: true, Complete: "off"}},
		}}})
	case p.Pending != "":
		f := form{ID: "exchange", Action: base + "/exchange", CSRF: p.CSRF, Submit: "Exchange the code", Fields: []field{{Name: "flow", Type: "hidden", Value: p.Pending}}}
		about := "The application sends the code with its PKCE verifier to the token endpoint."
		if p.Secret {
			about = "The application sends the code with its PKCE verifier and its secret to the token endpoint. The secret is used for this one request and not kept; here only its hash is known."
			f.Fields = append(f.Fields, field{Name: "secret", Label: "Client secret", Type: "password", Required: true, Half: true, Complete: "off"})
		}
		s.Blocks = append(s.Blocks, block{ID: "next", Heading: "Next: the code buys tokens", Text: about, Forms: []form{f}})
	case !p.Allowed:
		s.Blocks = append(s.Blocks, block{ID: "allow", Heading: "Try the sign-in", Text: "The playground runs the real code flow with PKCE against this very server. For that its address has to be among the redirect URIs of the application:", Listings: []listing{{Text: p.Address}}, Forms: []form{
			{Action: base + "/allow", CSRF: p.CSRF, Submit: "Add the address"},
		}})
	case len(p.Steps) > 0:
		s.Blocks = append(s.Blocks, block{ID: "again", Forms: []form{{Action: base, Get: true, Submit: "Begin again", Tone: "secondary"}}})
	default:
		fields := []field{}
		for _, c := range p.Scopes {
			fields = append(fields, field{Name: ScopeField(c.Name), Label: c.Name, Type: "checkbox", Checked: c.Chosen, Hint: c.Text, Half: true})
		}
		s.Blocks = append(s.Blocks,
			block{ID: "start", Heading: "Try the sign-in", Text: "Runs the real code flow with PKCE against this very server, as the application would, with your own account, and shows each step. Choose what to ask for.", Forms: []form{
				{Action: base, CSRF: p.CSRF, Submit: "Start the sign-in", Fields: fields},
			}},
			block{ID: "forbid", Heading: "Done with it?", Text: "Take the address of the playground out of the redirect URIs again.", Forms: []form{
				{Action: base + "/forbid", CSRF: p.CSRF, Submit: "Remove the address", Tone: "secondary"},
			}})
	}
	return board(w, v, s)
}

package ui

import (
	"io"
	"net/url"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

// A KeyLine is a secret key of the Backend API as it is listed.
type KeyLine struct {
	store.APIKey
	LastUsedAt time.Time
}

// BoardSecretKeys lists what opens the Backend API.
type BoardSecretKeys struct {
	Board
	Keys     []KeyLine
	Now      time.Time
	Made     string // just made: it is shown this once; or ""
	Name     string
	Mistakes Mistakes
}

// Render writes the page.
func (p BoardSecretKeys) Render(w io.Writer, v View) error {
	s := sheet{Board: p.Board, Title: "Secret keys", Lead: "What opens the Backend API. Whoever has one can do everything that you can do here."}
	if p.Made != "" {
		s.Blocks = append(s.Blocks, block{ID: "made", Heading: "The new key", Listings: []listing{{Text: p.Made}}, Alert: &alert{"caution", "Copy it now and keep it safe. It is shown only this once; here only its hash is kept."}})
	}
	t := table{Caption: "Secret keys", Columns: []string{"Name", "Begins with", "Made", "Last used", "Ends", ""}}
	for _, k := range p.Keys {
		end := whenOr(k.ExpiresAt, "never")
		if !k.Live(p.Now) {
			end.Badges = []badge{bad("Expired")}
		}
		t.Rows = append(t.Rows, []cell{
			text(k.Name), codeCell(k.Prefix + "..."), when(k.CreatedAt), whenOr(k.LastUsedAt, "never, or long ago"), end,
			button(form{Action: boardPath("/secret-keys/" + url.PathEscape(k.ID) + "/revoke"), CSRF: p.CSRF, Submit: "Revoke", Tone: "danger", Small: true, Label: "Revoke " + k.Name}),
		})
	}
	s.Blocks = append(s.Blocks,
		block{ID: "keys", Table: &t},
		block{ID: "new", Heading: "New key", Forms: []form{{Action: boardPath("/secret-keys"), CSRF: p.CSRF, Submit: "Create key", Fields: p.Mistakes.mark([]field{
			{Name: "name", Label: "Name", Type: "text", Value: p.Name, Required: true, Half: true, Complete: "off", Hint: "What it is for, such as CI."},
			{Name: "lifetime", Label: "It works for", Type: "select", Half: true, Options: options("7776000", "604800", "7 days", "7776000", "90 days", "31536000", "1 year", "0", "Ever")},
		})}}})
	return board(w, v, s)
}

// A SigningLine is a signing key as it is listed.
type SigningLine struct {
	store.SigningKey
	Signs bool // now
}

// BoardSigningKeys lists the keys that sign tokens.
type BoardSigningKeys struct {
	Board
	Keys     []SigningLine
	Now      time.Time
	Mistakes Mistakes
}

// Render writes the page.
func (p BoardSigningKeys) Render(w io.Writer, v View) error {
	s := sheet{Board: p.Board, Title: "Signing keys", Lead: "What signs ID tokens and JWT access tokens. Keys rotate by themselves every 90 days."}
	t := table{Caption: "Signing keys", Columns: []string{"Key ID", "Algorithm", "State", "Signs from"}}
	for _, k := range p.Keys {
		state := quiet("Published")
		switch {
		case !k.RetiredAt.IsZero():
			state = bad("Taken back")
		case k.Signs:
			state = good("Signs")
		case p.Now.Before(k.ActiveFrom):
			state = quiet("Will sign")
		}
		t.Rows = append(t.Rows, []cell{codeCell(k.ID), text(string(k.Algorithm)), badges(state), when(k.ActiveFrom)})
	}
	s.Blocks = []block{
		{ID: "keys", Table: &t},
		{ID: "rotate", Heading: "Rotate", Text: "Publishes a successor of each key, which signs from a day later on: whoever caches keys has it by then. Nothing fails.", Forms: []form{
			{Action: boardPath("/signing-keys/rotate"), CSRF: p.CSRF, Submit: "Rotate", Tone: "secondary"},
		}},
		{ID: "replace", Heading: "Replace at once", Text: "Only if somebody may have a private key: ID tokens and JWT access tokens from before are good no more. Opaque tokens and refresh tokens go on.", Forms: []form{
			{Action: boardPath("/signing-keys/replace"), CSRF: p.CSRF, Submit: "Replace now", Tone: "danger", Fields: p.Mistakes.mark([]field{
				{Name: "confirm", Label: "Type replace to confirm", Type: "text", Required: true, Half: true, Complete: "off"},
			})},
		}},
	}
	return board(w, v, s)
}

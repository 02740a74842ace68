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
	s := sheet{Board: p.Board, Title: v.Say("board.word.secret_keys"), Lead: v.Say("board.keys.what_opens_the_backend")}
	if p.Made != "" {
		s.Blocks = append(s.Blocks, block{ID: "made", Heading: v.Say("board.keys.the_new_key"), Listings: []listing{{Text: p.Made}}, Alert: &alert{"caution", v.Say("board.word.copy_it_now")}})
	}
	t := table{Caption: v.Say("board.word.secret_keys"), Columns: []string{v.Say("board.word.name"), v.Say("board.keys.begins_with"), v.Say("board.word.made"), v.Say("board.word.last_used"), v.Say("board.word.ends"), ""}}
	for _, k := range p.Keys {
		end := whenOr(k.ExpiresAt, v.Say("board.word.never"))
		if !k.Live(p.Now) {
			end.Badges = []badge{bad(v.Say("board.word.expired"))}
		}
		t.Rows = append(t.Rows, []cell{
			text(k.Name), codeCell(k.Prefix + "..."), when(k.CreatedAt), whenOr(k.LastUsedAt, v.Say("board.word.never_or_long_ago")), end,
			button(form{Action: boardPath("/secret-keys/" + url.PathEscape(k.ID) + "/revoke"), CSRF: p.CSRF, Submit: v.Say("board.keys.revoke"), Tone: "danger", Small: true, Label: v.Say("board.keys.revoke_named", "name", k.Name)}),
		})
	}
	s.Blocks = append(s.Blocks,
		block{ID: "keys", Table: &t},
		block{ID: "new", Heading: v.Say("board.keys.new_key"), Forms: []form{{Action: boardPath("/secret-keys"), CSRF: p.CSRF, Submit: v.Say("board.keys.create_key"), Fields: p.Mistakes.mark([]field{
			{Name: "name", Label: v.Say("board.word.name"), Type: "text", Value: p.Name, Required: true, Half: true, Complete: "off", Hint: v.Say("board.keys.name_hint")},
			{Name: "lifetime", Label: v.Say("board.word.it_works_for"), Type: "select", Half: true, Options: options("7776000", "604800", v.Say("board.word.days", "n", 7), "7776000", v.Say("board.word.days", "n", 90), "31536000", v.Say("board.word.years", "n", 1), "0", v.Say("board.keys.ever"))},
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
	s := sheet{Board: p.Board, Title: v.Say("board.word.signing_keys"), Lead: v.Say("board.keys.what_signs_id_tokens")}
	t := table{Caption: v.Say("board.word.signing_keys"), Columns: []string{v.Say("board.keys.key_id"), v.Say("board.keys.algorithm"), v.Say("board.word.state"), v.Say("board.keys.signs_from")}}
	for _, k := range p.Keys {
		state := quiet(v.Say("board.keys.published"))
		switch {
		case !k.RetiredAt.IsZero():
			state = bad(v.Say("board.keys.taken_back"))
		case k.Signs:
			state = good(v.Say("board.keys.signs"))
		case p.Now.Before(k.ActiveFrom):
			state = quiet(v.Say("board.keys.will_sign"))
		}
		t.Rows = append(t.Rows, []cell{codeCell(k.ID), text(string(k.Algorithm)), badges(state), when(k.ActiveFrom)})
	}
	s.Blocks = []block{
		{ID: "keys", Table: &t},
		{ID: "rotate", Heading: v.Say("board.keys.rotate"), Text: v.Say("board.keys.publishes_a_successor"), Forms: []form{
			{Action: boardPath("/signing-keys/rotate"), CSRF: p.CSRF, Submit: v.Say("board.keys.rotate"), Tone: "secondary"},
		}},
		{ID: "replace", Heading: v.Say("board.keys.replace_at_once"), Text: v.Say("board.keys.only_if_somebody"), Forms: []form{
			{Action: boardPath("/signing-keys/replace"), CSRF: p.CSRF, Submit: v.Say("board.keys.replace_now"), Tone: "danger", Fields: p.Mistakes.mark([]field{
				{Name: "confirm", Label: v.Say("board.keys.type_replace_to_confirm"), Type: "text", Required: true, Half: true, Complete: "off"},
			})},
		}},
	}
	return board(w, v, s)
}

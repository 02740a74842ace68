package ui

import (
	"bytes"
	"encoding/json"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

// UserFrame is what all pages of one user have in common.
type UserFrame struct {
	Board
	Who      store.User
	Operator bool
	Picture  string // the path of a picture here, or ""
}

// userTabs are the parts of a user: messages, and the ends of their paths.
var userTabs = []place{
	{"board.user.profile", "", false}, {"board.user.metadata", "/metadata", false}, {"board.user.sessions", "/sessions", false}, {"board.word.connections", "/connections", false}, {"board.user.access", "/access", false},
}

func (f UserFrame) sheet(v View, tab string) sheet {
	s := sheet{
		Board: f.Board, Title: userName(f.Who), Lead: identifierOf(f.Who), Above: &place{Label: v.Say("board.word.users"), Href: boardPath("/users")},
		Badges: userBadges(v, f.Who), Picture: f.Picture, Tile: userName(f.Who),
	}
	if f.Operator {
		s.Badges = append(s.Badges, good(v.Say("board.word.operator")))
	}
	for _, t := range userTabs {
		t.Label, t.Current = v.Say(t.Label), t.Href == tab
		t.Href = userPath(f.Who.ID) + t.Href
		s.Tabs = append(s.Tabs, t)
	}
	return s
}

func (f UserFrame) action(rest string) string { return userPath(f.Who.ID) + rest }

// press is a form that is one button.
func (f UserFrame) press(rest, label, about, tone string) form {
	return form{Action: f.action(rest), CSRF: f.CSRF, Submit: label, Tone: tone, Text: about}
}

// BoardUser shows a user's profile and addresses.
type BoardUser struct {
	UserFrame
	Username, FirstName, LastName, Locale, ExternalID string
	Mistakes                                          Mistakes
}

// Render writes the page.
func (p BoardUser) Render(w io.Writer, v View) error {
	s := p.sheet(v, "")
	s.Wrong = p.Mistakes.Other()
	profile := form{Action: p.action(""), CSRF: p.CSRF, Submit: v.Say("board.word.save"), Fields: p.Mistakes.mark([]field{
		{Name: "first_name", Label: v.Say("board.word.first_name"), Type: "text", Value: p.FirstName, Half: true, Complete: "off"},
		{Name: "last_name", Label: v.Say("board.word.last_name"), Type: "text", Value: p.LastName, Half: true, Complete: "off"},
		{Name: "username", Label: v.Say("board.word.user_name"), Type: "text", Value: p.Username, Half: true, Complete: "off"},
		{Name: "locale", Label: v.Say("board.user.language"), Type: "text", Value: p.Locale, Half: true, Complete: "off", Hint: v.Say("board.user.locale_hint")},
		{Name: "external_id", Label: v.Say("board.user.id_elsewhere"), Type: "text", Value: p.ExternalID, Half: true, Code: true, Complete: "off"},
	})}
	s.Blocks = []block{
		{ID: "profile", Heading: v.Say("board.user.profile"), Forms: []form{profile}},
		p.addresses(v),
		{ID: "facts", Heading: v.Say("board.user.what_is_known"), Facts: []fact{
			{v.Say("board.user.user_id"), codeCell(p.Who.ID)},
			{v.Say("board.word.created"), when(p.Who.CreatedAt)},
			{v.Say("board.word.last_sign_in"), whenOr(p.Who.LastSignInAt, v.Say("board.word.never"))},
			{v.Say("board.user.last_active"), dayOr(p.Who.LastActiveAt, v.Say("board.word.never"))},
			{v.Say("board.word.password"), passwordCell(v, p.Who)},
		}},
	}
	return board(w, v, s)
}

func passwordCell(v View, u store.User) cell {
	switch {
	case u.PasswordDigest == "":
		return mutedCell(v.Say("board.user.no_password"))
	case u.PasswordCompromised:
		return badges(bad(v.Say("board.user.known_to_others")))
	}
	return whenOr(u.PasswordUpdatedAt, v.Say("board.user.password_set"))
}

func (p BoardUser) addresses(v View) block {
	t := table{Caption: v.Say("board.user.e_mail_addresses"), Columns: []string{v.Say("board.word.address"), v.Say("board.word.state"), "", "", ""}}
	for _, e := range p.Who.Emails {
		state := []badge{}
		if e.ID == p.Who.PrimaryEmailID {
			state = append(state, quiet(v.Say("board.user.primary")))
		}
		if e.Verified {
			state = append(state, good(v.Say("board.user.verified")))
		} else {
			state = append(state, bad(v.Say("board.user.not_verified")))
		}
		at := p.action("/emails/" + url.PathEscape(e.ID))
		change := func(rest, label, tone string) cell {
			return button(form{Action: at + rest, CSRF: p.CSRF, Submit: label, Tone: tone, Small: true, Label: v.Say("board.user.action_on", "action", label, "address", e.Address)})
		}
		row := []cell{text(e.Address), badges(state...), {}, {}, change("/delete", v.Say("board.word.delete"), "danger")}
		if !e.Verified {
			row[2] = change("/verify", v.Say("board.user.mark_as_verified"), "secondary")
		}
		if e.ID != p.Who.PrimaryEmailID && e.Verified {
			row[3] = change("/primary", v.Say("board.user.make_primary"), "secondary")
		}
		t.Rows = append(t.Rows, row)
	}
	b := block{ID: "addresses", Heading: v.Say("board.user.e_mail_addresses"), Forms: []form{{
		Action: p.action("/emails"), CSRF: p.CSRF, Submit: v.Say("board.user.add"), Tone: "secondary",
		Fields: p.Mistakes.mark([]field{{Name: "email_address", Label: v.Say("board.user.another_address"), Type: "email", Required: true, Half: true, Complete: "off", Hint: v.Say("board.word.it_counts_as_verified")}}),
	}}}
	if len(t.Rows) > 0 {
		b.Table = &t
	}
	return b
}

// BoardMetadata shows what is noted on a user.
type BoardMetadata struct {
	UserFrame
	Public, Private, Unsafe string // JSON
	Mistakes                Mistakes
}

// Indented lays JSON out for reading.
func Indented(raw json.RawMessage) string {
	var b bytes.Buffer
	if json.Indent(&b, raw, "", "  ") != nil {
		return string(raw)
	}
	return b.String()
}

// Render writes the page.
func (p BoardMetadata) Render(w io.Writer, v View) error {
	s := p.sheet(v, "/metadata")
	s.Wrong = p.Mistakes.Other()
	area := func(name, label, value, hint string) field {
		return field{Name: name, Label: label, Type: "textarea", Rows: 6, Code: true, Value: value, Hint: hint, Required: true}
	}
	s.Blocks = []block{{ID: "metadata", Forms: []form{{Action: p.action("/metadata"), CSRF: p.CSRF, Submit: v.Say("board.word.save"), Fields: p.Mistakes.mark([]field{
		area("public_metadata", v.Say("board.user.public_metadata"), p.Public, v.Say("board.user.public_metadata_hint")),
		area("private_metadata", v.Say("board.user.private_metadata"), p.Private, v.Say("board.user.private_metadata_hint")),
		area("unsafe_metadata", v.Say("board.user.unsafe_metadata"), p.Unsafe, v.Say("board.user.unsafe_metadata_hint")),
	})}}}}
	return board(w, v, s)
}

// BoardSessions shows where a user is signed in.
type BoardSessions struct {
	UserFrame
	Sessions []store.Session
	Device   func(userAgent string) string
	Here     string // the id of the session that looks
}

// Render writes the page.
func (p BoardSessions) Render(w io.Writer, v View) error {
	s := p.sheet(v, "/sessions")
	b := block{ID: "sessions", Heading: v.Say("board.user.sessions")}
	t := table{Caption: v.Say("board.user.sessions"), Columns: []string{v.Say("board.user.browser"), v.Say("board.user.signed_in"), v.Say("board.user.with"), v.Say("board.word.ends"), ""}}
	for _, x := range p.Sessions {
		where := cell{Text: p.Device(x.UserAgent)}
		if x.ID == p.Here {
			where.Badges = []badge{quiet(v.Say("board.user.this_browser"))}
		}
		end := button(form{Action: p.action("/sessions/" + url.PathEscape(x.ID) + "/revoke"), CSRF: p.CSRF, Submit: v.Say("board.user.end"), Tone: "danger", Small: true, Label: v.Say("board.user.end_session_in", "browser", where.Text)})
		t.Rows = append(t.Rows, []cell{where, when(x.SignedInAt), text(methodWords(v, x.Methods)), when(x.ExpiresAt), end})
	}
	if len(t.Rows) == 0 {
		b.Empty = &empty{Icon: "device", Title: v.Say("board.user.signed_in_nowhere"), Text: v.Say("board.user.the_user_has_no")}
	} else {
		b.Table = &t
	}
	s.Blocks = []block{b}
	return board(w, v, s)
}

// methodNames are the messages that name ways to sign in.
var methodNames = map[string]string{
	"pwd": "board.user.by_password", "otp": "board.user.by_code", "mfa": "board.user.by_second_factor", "hwk": "board.user.by_passkey", "swk": "board.user.by_passkey", "user": "board.user.by_presence", "pin": "board.user.by_pin", "fed": "board.user.by_another_provider", "sms": "board.user.by_text_message",
}

// methodWords says how somebody signed in (RFC 8176).
func methodWords(v View, methods []string) string {
	said := make([]string, len(methods))
	for i, m := range methods {
		said[i] = m
		if key := methodNames[m]; key != "" {
			said[i] = v.Say(key)
		}
	}
	if len(said) == 0 {
		return v.Say("board.user.by_a_link")
	}
	return strings.Join(said, ", ")
}

// BoardUserConnections shows what a user has agreed to.
type BoardUserConnections struct {
	UserFrame
	Agreements []store.Agreement
	More       string // the path of the next page, or ""
}

// Render writes the page.
func (p BoardUserConnections) Render(w io.Writer, v View) error {
	s := p.sheet(v, "/connections")
	b := block{ID: "connections", Heading: v.Say("board.user.connected_applications")}
	t := table{Caption: v.Say("board.user.connected_applications"), Columns: []string{v.Say("board.word.application"), v.Say("board.user.may_see"), v.Say("board.word.agreed"), v.Say("board.word.last_used"), ""}}
	for _, x := range p.Agreements {
		app := cell{Text: x.Name, Href: boardPath("/applications/" + url.PathEscape(x.ApplicationID)), Tile: x.Name}
		end := button(form{
			Action: p.action("/connections/" + url.PathEscape(x.ApplicationID) + "/withdraw"), CSRF: p.CSRF, Submit: v.Say("board.word.disconnect"), Tone: "danger", Small: true,
			Label: v.Say("board.word.disconnect_from", "name", x.Name),
		})
		t.Rows = append(t.Rows, []cell{app, codeCell(x.Scopes.String()), when(x.AgreedAt), dayOr(x.LastUsedAt, v.Say("board.word.never")), end})
	}
	if len(t.Rows) == 0 {
		b.Empty = &empty{Icon: "link", Title: v.Say("board.user.nothing_is_connected"), Text: v.Say("board.user.the_user_has_agreed")}
	} else {
		b.Table = &t
	}
	if p.More != "" {
		b.Pages = []place{{Label: v.Say("board.word.more"), Href: p.More}}
	}
	s.Blocks = []block{b}
	return board(w, v, s)
}

// BoardAccess changes whether and how a user gets in.
type BoardAccess struct {
	UserFrame
	Link     string // a sign-in link just made: it is shown this once; or ""
	LinkEnds time.Time
	Mistakes Mistakes
}

// Render writes the page.
func (p BoardAccess) Render(w io.Writer, v View) error {
	s := p.sheet(v, "/access")
	s.Wrong = p.Mistakes.Other()
	if p.Link != "" {
		s.Blocks = append(s.Blocks, block{ID: "link", Heading: v.Say("board.user.the_sign_in_link"), Listings: []listing{{Text: p.Link}}, Alert: &alert{
			"caution", v.Say("board.user.link_once", "time", instant(p.LinkEnds)),
		}})
	}
	s.Blocks = append(s.Blocks,
		block{ID: "sign-in-link", Heading: v.Say("board.user.sign_in_link"), Text: v.Say("board.user.signs_the_user"), Half: true, Forms: []form{{
			Action: p.action("/sign-in-link"), CSRF: p.CSRF, Submit: v.Say("board.word.make_a_link"), Tone: "secondary",
			Fields: []field{{Name: "lifetime", Label: v.Say("board.word.it_works_for"), Type: "select", Options: options("3600", "3600", v.Say("board.word.hours", "n", 1), "86400", v.Say("board.word.days", "n", 1), "604800", v.Say("board.word.days", "n", 7), "2592000", v.Say("board.word.days", "n", 30))}},
		}}},
		block{ID: "new-password", Heading: v.Say("board.word.password"), Text: v.Say("board.user.a_new_password_signs"), Half: true, Forms: []form{{
			Action: p.action("/password"), CSRF: p.CSRF, Submit: v.Say("board.user.change_the_password"), Tone: "secondary",
			Fields: p.Mistakes.mark([]field{{Name: "password", Label: v.Say("board.user.new_password"), Type: "password", Required: true, Complete: "new-password"}}),
		}}},
		p.operator(v), p.state(v),
	)
	if !p.Operator {
		s.Blocks = append(s.Blocks, block{ID: "delete", Heading: v.Say("board.user.delete_the_user"), Text: v.Say("board.user.the_account_is_gone"), Forms: []form{{
			Action: p.action("/delete"), CSRF: p.CSRF, Submit: v.Say("board.word.delete_for_good"), Tone: "danger",
			Fields: p.Mistakes.mark([]field{{Name: "confirm", Label: v.Say("board.user.type_user_id", "id", p.Who.ID), Type: "text", Code: true, Required: true, Half: true, Complete: "off"}}),
		}}})
	}
	return board(w, v, s)
}

func (p BoardAccess) operator(v View) block {
	b := block{ID: "operator", Heading: v.Say("board.word.operator")}
	if p.Operator {
		b.Text = "This user may use the dashboard. An operator cannot be banned, locked or deleted here: end that first."
		b.Forms = []form{p.press("/operator/remove", v.Say("board.user.end_being_an_operator"), "", "danger")}
		return b
	}
	b.Text = v.Say("board.user.operators_use_this_dashboard")
	b.Forms = []form{p.press("/operator/add", v.Say("board.user.make_an_operator"), "", "secondary")}
	return b
}

func (p BoardAccess) state(v View) block {
	b := block{ID: "state", Heading: v.Say("board.user.keep_the_user_out")}
	b.Forms = append(b.Forms, p.press("/revoke", v.Say("board.user.sign_out_everywhere"), v.Say("board.user.ends_every_session"), "danger"))
	if p.Operator {
		return b
	}
	if p.Who.Locked {
		b.Forms = append(b.Forms, p.press("/unlock", v.Say("board.user.unlock"), v.Say("board.user.the_user_cannot_sign"), "secondary"))
	} else {
		b.Forms = append(b.Forms, p.press("/lock", v.Say("board.user.lock"), v.Say("board.user.the_user_cannot_sign_in"), "danger"))
	}
	if p.Who.Banned {
		b.Forms = append(b.Forms, p.press("/unban", v.Say("board.user.unban"), v.Say("board.user.the_user_is_banned"), "secondary"))
	} else {
		b.Forms = append(b.Forms, p.press("/ban", v.Say("board.user.ban"), v.Say("board.user.signs_the_user_out"), "danger"))
	}
	return b
}

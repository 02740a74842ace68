package ui

import (
	"io"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// ApplicationFrame is what all pages of one application have in common.
type ApplicationFrame struct {
	Board
	Client store.Client
	Logo   string // the path of its picture here, or ""
}

// applicationTabs are the parts of an application: messages, and the ends of their
// paths.
var applicationTabs = []place{
	{"board.word.settings", "", false},
	{"board.application.credentials", "/credentials", false},
	{"board.application.connect", "/connect", false},
	{"board.application.playground", "/playground", false},
	{"board.word.users", "/connections", false},
	{"board.application.revoke_and_delete", "/danger", false},
}

func (a ApplicationFrame) sheet(v View, tab string) sheet {
	s := sheet{
		Board: a.Board, Title: a.Client.Name, Above: &place{Label: v.Say("board.word.applications"), Href: boardPath("/applications")},
		Badges: kindBadges(v, a.Client), Picture: a.Logo, Tile: a.Client.Name,
	}
	for _, t := range applicationTabs {
		t.Label, t.Current = v.Say(t.Label), t.Href == tab
		t.Href = applicationPath(a.Client) + t.Href
		s.Tabs = append(s.Tabs, t)
	}
	return s
}

// Choices are what an application may be set to, as its form has them.
type Choices struct {
	Name, RedirectURIs, PostLogoutURIs, Resources    string // lists one a line
	Scopes                                           []ScopeChoice
	Consent, PKCE, Public, Device, ClientCredentials bool
	IDTokenAlgorithm, TokenFormat, RefreshPolicy     string
	Lifetimes                                        []LifetimeChoice
}

// A LifetimeChoice is how long something lives, in seconds; "" is as the instance.
type LifetimeChoice struct{ Name, Label, Value, Instance string }

// BoardApplication shows an application with everything that can be changed.
type BoardApplication struct {
	ApplicationFrame
	Choices  Choices
	Mistakes Mistakes
}

func options(chosen string, pairs ...string) []option {
	var all []option
	for i := 0; i+1 < len(pairs); i += 2 {
		all = append(all, option{Value: pairs[i], Label: pairs[i+1], Chosen: pairs[i] == chosen})
	}
	return all
}

// Render writes the page.
func (p BoardApplication) Render(w io.Writer, v View) error {
	s := p.sheet(v, "")
	s.Wrong = p.Mistakes.Other()
	c := p.Choices
	fields := []field{
		{Name: "name", Label: v.Say("board.word.name"), Type: "text", Value: c.Name, Required: true},
		{Name: "redirect_uris", Label: v.Say("board.word.redirect_uris"), Type: "textarea", Rows: 4, Code: true, Value: c.RedirectURIs, Hint: v.Say("board.application.one_a_line_compared")},
		{Name: "post_logout_redirect_uris", Label: v.Say("board.application.addresses_after_signing_out"), Type: "textarea", Rows: 2, Code: true, Value: c.PostLogoutURIs, Hint: v.Say("board.application.where_users_may_come")},
	}
	fields = append(fields, scopeFields(v, c.Scopes, p.Mistakes["scopes"])...)
	fields = append(fields,
		field{Type: "heading", Label: v.Say("board.application.how_it_signs_in")},
		field{Name: "public", Label: v.Say("board.application.public_it_cannot_keep"), Type: "checkbox", Checked: c.Public, Hint: v.Say("board.application.public_hint")},
		field{Name: "pkce_required", Label: v.Say("board.application.require_pkce"), Type: "checkbox", Checked: c.PKCE},
		field{Name: "consent_screen_enabled", Label: v.Say("board.application.ask_users_for_consent"), Type: "checkbox", Checked: c.Consent, Hint: v.Say("board.application.consent_hint")},
		field{Name: "device_authorization_grant_enabled", Label: v.Say("board.application.devices_may_sign_in"), Type: "checkbox", Checked: c.Device},
		field{Name: "client_credentials_grant_enabled", Label: v.Say("board.application.may_act"), Type: "checkbox", Checked: c.ClientCredentials},
		field{Type: "heading", Label: v.Say("board.word.tokens")},
		field{Name: "access_token_format", Label: v.Say("board.application.access_tokens"), Type: "select", Half: true, Options: options(c.TokenFormat, "", v.Say("board.application.as_the_instance"), "opaque", v.Say("board.application.opaque"), "jwt", "JWT (RFC 9068)")},
		field{Name: "id_token_signed_response_alg", Label: v.Say("board.application.id_tokens_are_signed"), Type: "select", Half: true, Options: options(c.IDTokenAlgorithm, "RS256", "RS256", "ES256", "ES256", "EdDSA", "EdDSA")},
		field{Name: "refresh_token_policy", Label: v.Say("board.application.refresh_tokens"), Type: "select", Half: true, Options: options(c.RefreshPolicy, "rotate", v.Say("board.application.rotate_with_each_use"), "sticky", v.Say("board.application.stay_the_same"))},
		field{Name: "resources", Label: v.Say("board.word.resources"), Type: "textarea", Rows: 2, Code: true, Value: c.Resources, Hint: v.Say("board.application.uris_that_tokens")},
		field{Type: "heading", Label: v.Say("board.word.lifetimes"), Hint: v.Say("board.application.lifetimes_hint")})
	for _, l := range c.Lifetimes {
		fields = append(fields, field{Name: l.Name, Label: l.Label, Type: "number", Min: "0", Half: true, Value: l.Value, Hint: v.Say("board.application.instance_has", "value", l.Instance)})
	}
	s.Blocks = []block{
		{ID: "settings", Heading: v.Say("board.word.about_the_application"), Forms: []form{{Action: applicationPath(p.Client), CSRF: p.CSRF, Fields: p.Mistakes.mark(fields), Submit: v.Say("board.word.save")}}},
		{
			ID: "logo", Heading: v.Say("board.word.logo"), Text: v.Say("board.application.users_see_it_beside"),
			Forms: []form{{
				Action: applicationPath(p.Client) + "/logo", CSRF: p.CSRF, Files: true, Submit: v.Say("board.word.upload"), Tone: "secondary",
				Fields: p.Mistakes.mark([]field{{Name: "file", Label: v.Say("board.word.picture"), Type: "file", Required: true}}),
			}},
		},
	}
	return board(w, v, s)
}

// A SecretLine is what may be told of a client secret.
type SecretLine struct{ MadeAt, ExpiresAt, LastUsedAt time.Time }

// BoardCredentials shows by what an application proves itself.
type BoardCredentials struct {
	ApplicationFrame
	Issuer   string
	Secret   string // just made: it is shown this once; or ""
	Secrets  []SecretLine
	Mistakes Mistakes
}

// Render writes the page.
func (p BoardCredentials) Render(w io.Writer, v View) error {
	s := p.sheet(v, "/credentials")
	if p.Secret != "" {
		s.Blocks = append(s.Blocks, block{
			ID: "secret", Heading: v.Say("board.application.the_client_secret"), Listings: []listing{{Text: p.Secret}},
			Alert: &alert{"caution", v.Say("board.word.copy_it_now")},
		})
	}
	s.Blocks = append(s.Blocks, block{ID: "ids", Heading: v.Say("board.application.what_the_application_needs"), Facts: []fact{
		{v.Say("board.word.client_id"), codeCell(p.Client.ID)},
		{v.Say("board.application.issuer"), codeCell(p.Issuer)},
		{v.Say("board.application.discovery_document"), codeCell(p.Issuer + "/.well-known/openid-configuration")},
		{v.Say("board.application.authorization_endpoint"), codeCell(p.Issuer + oauth.AuthorizePath)},
		{v.Say("board.application.token_endpoint"), codeCell(p.Issuer + "/oauth/token")},
	}})
	if p.Client.Public {
		s.Blocks = append(s.Blocks, block{Heading: v.Say("board.application.no_secret"), Text: v.Say("board.application.this_application_is_public")})
		return board(w, v, s)
	}
	t := table{Caption: v.Say("board.application.secrets_that_work"), Columns: []string{v.Say("board.word.made"), v.Say("board.application.works_until"), v.Say("board.word.last_used")}}
	for _, x := range p.Secrets {
		t.Rows = append(t.Rows, []cell{whenOr(x.MadeAt, v.Say("board.application.not_noted")), whenOr(x.ExpiresAt, v.Say("board.application.it_is_replaced")), whenOr(x.LastUsedAt, v.Say("board.word.never_or_long_ago"))})
	}
	s.Blocks = append(s.Blocks, block{
		ID: "secrets", Heading: v.Say("board.application.secrets"), Table: &t,
		Forms: []form{{
			ID: "rotate", Action: applicationPath(p.Client) + "/secret", CSRF: p.CSRF, Heading: v.Say("board.application.replace_the_secret"), Submit: v.Say("board.application.make_a_new_secret"), Tone: "secondary",
			Fields: p.Mistakes.mark([]field{{
				Name: "overlap", Label: v.Say("board.application.overlap"), Type: "select",
				Options: options("86400", "0", v.Say("board.application.no_overlap"), "3600", v.Say("board.word.hours", "n", 1), "86400", v.Say("board.word.days", "n", 1), "604800", v.Say("board.word.days", "n", 7), "2592000", v.Say("board.word.days", "n", 30)),
				Hint:    v.Say("board.application.overlap_hint"),
			}}),
		}},
	})
	return board(w, v, s)
}

// BoardConnect shows how the application is connected, in code to copy.
type BoardConnect struct {
	ApplicationFrame
	Issuer string
}

// Render writes the page.
func (p BoardConnect) Render(w io.Writer, v View) error {
	s := p.sheet(v, "/connect")
	for _, x := range snippets(v, p.Issuer, p.Client) {
		s.Blocks = append(s.Blocks, block{Heading: x.Title, Text: x.Note, Listings: []listing{{Text: x.Text}}})
	}
	return board(w, v, s)
}

// BoardDanger offers what cannot be undone.
type BoardDanger struct {
	ApplicationFrame
	Now      time.Time
	Mistakes Mistakes
}

// InputTime is a time as fields of type datetime-local have it, in UTC.
const InputTime = "2006-01-02T15:04"

// Render writes the page.
func (p BoardDanger) Render(w io.Writer, v View) error {
	s := p.sheet(v, "/danger")
	s.Blocks = []block{
		{
			ID: "revoke", Heading: v.Say("board.application.revoke_what_was_issued"), Text: v.Say("board.application.codes_access_tokens"),
			Forms: []form{{
				Action: applicationPath(p.Client) + "/revoke", CSRF: p.CSRF, Submit: v.Say("board.word.revoke_everything_from_before"), Tone: "danger",
				Fields: p.Mistakes.mark([]field{{Name: "before", Label: v.Say("board.word.before_utc"), Type: "datetime-local", Value: p.Now.UTC().Format(InputTime), Required: true, Half: true}}),
			}},
		},
		{
			ID: "delete", Heading: v.Say("board.application.delete_the_application"), Text: v.Say("board.application.it_is_gone"),
			Forms: []form{{
				Action: applicationPath(p.Client) + "/delete", CSRF: p.CSRF, Submit: v.Say("board.word.delete_for_good"), Tone: "danger",
				Fields: p.Mistakes.mark([]field{{Name: "confirm", Label: v.Say("board.application.type_client_id", "id", p.Client.ID), Type: "text", Code: true, Required: true, Half: true, Complete: "off"}}),
			}},
		},
	}
	return board(w, v, s)
}

package ui

import (
	"io"
	"net/url"

	"github.com/signet-auth/signet/internal/store"
)

// A Page is where in a list somebody is.
type Page struct {
	Query       string
	First, Last int // counted from 1
	Total       int // negative: not counted
	Newer       string
	Older       string // paths, or ""
}

// places are the buttons that lead on.
func (p Page) places(v View) []place {
	var all []place
	if p.Newer != "" {
		all = append(all, place{Label: v.Say("board.applications.back"), Href: p.Newer})
	}
	if p.Older != "" {
		all = append(all, place{Label: v.Say("board.word.more"), Href: p.Older})
	}
	return all
}

func (p Page) text(v View) string {
	switch {
	case p.Last == 0:
		return ""
	case p.Total < 0:
		return v.Say("board.word.range", "first", p.First, "last", p.Last)
	}
	return v.Say("board.word.range_of", "first", p.First, "last", p.Last, "total", p.Total)
}

// BoardApplications lists the OAuth applications.
type BoardApplications struct {
	Board
	Page
	Applications []store.Client
	Logo         func(store.Client) string // the path of its picture here, or ""
}

// applicationPath is where an application is shown.
func applicationPath(c store.Client) string {
	return boardPath("/applications/" + url.PathEscape(c.ApplicationID))
}

// kindOf says what sort of client it is.
func kindBadges(v View, c store.Client) []badge {
	var all []badge
	switch {
	case c.Public:
		all = append(all, quiet(v.Say("board.applications.public")))
	case c.ClientCredentials:
		all = append(all, quiet(v.Say("board.applications.service")))
	default:
		all = append(all, quiet(v.Say("board.applications.confidential")))
	}
	if c.DeviceGrant {
		all = append(all, quiet(v.Say("board.applications.device")))
	}
	if c.DynamicallyRegistered {
		all = append(all, badge{v.Say("board.applications.registered_itself"), "bad"})
	}
	return all
}

// Render writes the page.
func (p BoardApplications) Render(w io.Writer, v View) error {
	s := sheet{
		Board: p.Board, Title: v.Say("board.word.applications"), Lead: v.Say("board.applications.what_people_sign_in"),
		Buttons: []place{{Label: v.Say("board.applications.new_application"), Href: boardPath("/applications/new")}},
	}
	b := block{
		ID: "applications", Search: &search{boardPath("/applications"), v.Say("board.applications.find_an_application"), p.Query, v.Say("board.applications.name_or_client_id")},
		Pages: p.places(v), PageText: p.text(v),
	}
	switch {
	case len(p.Applications) > 0:
		t := table{Caption: v.Say("board.word.applications"), Columns: []string{v.Say("board.word.name"), v.Say("board.word.client_id"), v.Say("board.applications.kind"), v.Say("board.applications.changed")}}
		for _, c := range p.Applications {
			name := cell{Text: c.Name, Href: applicationPath(c), Tile: c.Name, Image: p.Logo(c)}
			t.Rows = append(t.Rows, []cell{name, codeCell(c.ID), badges(kindBadges(v, c)...), when(c.UpdatedAt)})
		}
		b.Table = &t
	case p.Query != "":
		b.Empty = &empty{Icon: "apps", Title: v.Say("board.word.nothing_found"), Text: v.Say("board.applications.no_application")}
	default:
		b.Search = nil
		b.Empty = &empty{"apps", v.Say("board.applications.no_applications_yet"), v.Say("board.applications.create_one_and_people"), &place{Label: v.Say("board.applications.new_application"), Href: boardPath("/applications/new")}}
	}
	s.Blocks = []block{b}
	return board(w, v, s)
}

// A Kind is a sort of client that is made by a form of its own. Its name and text are
// messages.
type Kind struct{ Key, Name, Text, Redirects string }

// Kinds are what somebody chooses from.
func Kinds() []Kind { return kinds }

var kinds = []Kind{
	{"web", "board.kind.web", "board.kind.web_text", "https://app.example.com/callback"},
	{"spa", "board.kind.spa", "board.kind.spa_text", "https://app.example.com/callback"},
	{"native", "board.kind.native", "board.kind.native_text", "com.example.app:/callback"},
	{"device", "board.kind.device", "board.kind.device_text", ""},
	{"service", "board.applications.service", "board.kind.service_text", ""},
	{"mcp", "board.kind.mcp", "board.kind.mcp_text", "http://127.0.0.1:33418/callback"},
}

// KindNamed finds a kind by its key.
func KindNamed(key string) (Kind, bool) {
	for _, k := range kinds {
		if k.Key == key {
			return k, true
		}
	}
	return Kind{}, false
}

// A ScopeChoice is a scope that may be given.
type ScopeChoice struct {
	Name   string
	Text   string // what the operator says of it, if it is not built in
	Chosen bool
}

// field is a box to tick for it.
func (c ScopeChoice) field(v View) field {
	about := scopeWords(v, c.Name)
	if about == "" {
		about = c.Text
	}
	return field{Name: ScopeField(c.Name), Label: c.Name, Type: "checkbox", Checked: c.Chosen, Hint: about, Half: true}
}

// ScopeField is the name of the field for a scope.
func ScopeField(name string) string { return "scope:" + name }

func scopeFields(v View, choices []ScopeChoice, mistake string) []field {
	fields := []field{{Type: "heading", Label: v.Say("board.word.scopes"), Hint: v.Say("board.applications.what_it_may_ask")}}
	if mistake != "" {
		fields[0].Hint = mistake
	}
	for _, c := range choices {
		fields = append(fields, c.field(v))
	}
	return fields
}

// BoardNewApplication asks for what a kind of client needs.
type BoardNewApplication struct {
	Board
	Kind         Kind // of which Key is "" until one is chosen
	Name         string
	RedirectURIs string // one a line
	Scopes       []ScopeChoice
	Mistakes     Mistakes
}

// Render writes the page.
func (p BoardNewApplication) Render(w io.Writer, v View) error {
	s := sheet{Board: p.Board, Title: v.Say("board.applications.new_application"), Above: &place{Label: v.Say("board.word.applications"), Href: boardPath("/applications")}}
	s.Wrong = p.Mistakes.Other()
	if p.Kind.Key == "" {
		s.Lead = v.Say("board.applications.which_of_these")
		f := form{ID: "kind", Action: boardPath("/applications/new"), Get: true, Submit: v.Say("board.applications.continue")}
		choice := field{Name: "kind", Label: v.Say("board.applications.kind_of_application"), Type: "radio"}
		for i, k := range kinds {
			choice.Options = append(choice.Options, option{k.Key, v.Say(k.Name), v.Say(k.Text), i == 0})
		}
		f.Fields = []field{choice}
		s.Blocks = []block{{Forms: []form{f}}}
		return board(w, v, s)
	}
	s.Title, s.Lead = v.Say("board.applications.new_kind", "kind", v.Say(p.Kind.Name)), v.Say(p.Kind.Text)
	f := form{ID: "new-application", Action: boardPath("/applications"), CSRF: p.CSRF, Submit: v.Say("board.applications.create_application")}
	f.Fields = append(f.Fields,
		field{Name: "kind", Type: "hidden", Value: p.Kind.Key},
		field{Name: "name", Label: v.Say("board.word.name"), Type: "text", Value: p.Name, Required: true, Hint: v.Say("board.applications.users_see")})
	if p.Kind.Redirects != "" {
		f.Fields = append(f.Fields, field{
			Name: "redirect_uris", Label: v.Say("board.word.redirect_uris"), Type: "textarea", Rows: 3, Code: true, Value: p.RedirectURIs, Required: true,
			Hint: v.Say("board.applications.redirects_hint", "example", p.Kind.Redirects),
		})
	}
	if len(p.Scopes) > 0 {
		f.Fields = append(f.Fields, scopeFields(v, p.Scopes, p.Mistakes["scopes"])...)
	}
	f.Fields = p.Mistakes.mark(f.Fields)
	s.Blocks = []block{{Heading: v.Say("board.word.about_the_application"), Forms: []form{f}}}
	return board(w, v, s)
}

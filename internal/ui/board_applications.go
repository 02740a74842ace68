package ui

import (
	"io"
	"net/url"
	"strconv"
	"strings"

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
func (p Page) places() []place {
	var all []place
	if p.Newer != "" {
		all = append(all, place{Label: "Back", Href: p.Newer})
	}
	if p.Older != "" {
		all = append(all, place{Label: "More", Href: p.Older})
	}
	return all
}

func (p Page) text() string {
	switch {
	case p.Last == 0:
		return ""
	case p.Total < 0:
		return strconv.Itoa(p.First) + " to " + strconv.Itoa(p.Last)
	}
	return strconv.Itoa(p.First) + " to " + strconv.Itoa(p.Last) + " of " + strconv.Itoa(p.Total)
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
func kindBadges(c store.Client) []badge {
	var all []badge
	switch {
	case c.Public:
		all = append(all, quiet("Public"))
	case c.ClientCredentials:
		all = append(all, quiet("Service"))
	default:
		all = append(all, quiet("Confidential"))
	}
	if c.DeviceGrant {
		all = append(all, quiet("Device"))
	}
	if c.DynamicallyRegistered {
		all = append(all, badge{"Registered itself", "bad"})
	}
	return all
}

// Render writes the page.
func (p BoardApplications) Render(w io.Writer, v View) error {
	s := sheet{
		Board: p.Board, Title: "Applications", Lead: "What people sign in to with their accounts here.",
		Buttons: []place{{Label: "New application", Href: boardPath("/applications/new")}},
	}
	b := block{
		ID: "applications", Search: &search{boardPath("/applications"), "Find an application", p.Query, "Name or client ID"},
		Pages: p.places(), PageText: p.text(),
	}
	switch {
	case len(p.Applications) > 0:
		t := table{Caption: "Applications", Columns: []string{"Name", "Client ID", "Kind", "Changed"}}
		for _, c := range p.Applications {
			name := cell{Text: c.Name, Href: applicationPath(c), Tile: c.Name, Image: p.Logo(c)}
			t.Rows = append(t.Rows, []cell{name, codeCell(c.ID), badges(kindBadges(c)...), when(c.UpdatedAt)})
		}
		b.Table = &t
	case p.Query != "":
		b.Empty = &empty{Icon: "apps", Title: "Nothing found", Text: "No application has this in its name, or this client ID."}
	default:
		b.Search = nil
		b.Empty = &empty{"apps", "No applications yet", "Create one, and people can sign in to it with their accounts.", &place{Label: "New application", Href: boardPath("/applications/new")}}
	}
	s.Blocks = []block{b}
	return board(w, v, s)
}

// A Kind is a sort of client that is made by a form of its own.
type Kind struct{ Key, Name, Text, Redirects string }

// Kinds are what somebody chooses from.
func Kinds() []Kind { return kinds }

var kinds = []Kind{
	{"web", "Web application", "Runs on a server that can keep a secret: Go, Node, Java, Python, PHP, Ruby.", "https://app.example.com/callback"},
	{"spa", "Application in the browser", "React, Vue or plain JavaScript without a server of its own. It has no secret and proves itself with PKCE.", "https://app.example.com/callback"},
	{"native", "Phone or desktop application", "Comes back by a scheme of its own, a claimed https address, or a loopback port.", "com.example.app:/callback"},
	{"device", "Device without keyboard", "A television or a command line: it shows a code that the user enters elsewhere.", ""},
	{"service", "Service", "A machine that acts on its own behalf, without a user (client credentials).", ""},
	{"mcp", "MCP client", "An assistant that uses tools for a user. It is public and comes back to a loopback port.", "http://127.0.0.1:33418/callback"},
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
	Name, Text string
	Chosen     bool
}

// ScopeField is the name of the field for a scope.
func ScopeField(name string) string { return "scope:" + name }

func scopeFields(choices []ScopeChoice, mistake string) []field {
	fields := []field{{Type: "heading", Label: "Scopes", Hint: "What it may ask users for. Give it no more than it needs."}}
	if mistake != "" {
		fields[0].Hint = mistake
	}
	for _, c := range choices {
		fields = append(fields, field{Name: ScopeField(c.Name), Label: c.Name, Type: "checkbox", Checked: c.Chosen, Hint: c.Text, Half: true})
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
	s := sheet{Board: p.Board, Title: "New application", Above: &place{Label: "Applications", Href: boardPath("/applications")}}
	s.Wrong = p.Mistakes.Other()
	if p.Kind.Key == "" {
		s.Lead = "Which of these is it most like? Everything can be changed later."
		f := form{ID: "kind", Action: boardPath("/applications/new"), Get: true, Submit: "Continue"}
		choice := field{Name: "kind", Label: "Kind of application", Type: "radio"}
		for i, k := range kinds {
			choice.Options = append(choice.Options, option{k.Key, k.Name, k.Text, i == 0})
		}
		f.Fields = []field{choice}
		s.Blocks = []block{{Forms: []form{f}}}
		return board(w, v, s)
	}
	s.Title, s.Lead = "New: "+strings.ToLower(p.Kind.Name[:1])+p.Kind.Name[1:], p.Kind.Text
	if p.Kind.Key == "mcp" {
		s.Title = "New: MCP client"
	}
	f := form{ID: "new-application", Action: boardPath("/applications"), CSRF: p.CSRF, Submit: "Create application"}
	f.Fields = append(f.Fields,
		field{Name: "kind", Type: "hidden", Value: p.Kind.Key},
		field{Name: "name", Label: "Name", Type: "text", Value: p.Name, Required: true, Hint: "Users see it when they sign in and agree."})
	if p.Kind.Redirects != "" {
		f.Fields = append(f.Fields, field{
			Name: "redirect_uris", Label: "Redirect URIs", Type: "textarea", Rows: 3, Code: true, Value: p.RedirectURIs, Required: true,
			Hint: "Where users come back to, one a line, compared letter by letter. For example " + p.Kind.Redirects,
		})
	}
	if len(p.Scopes) > 0 {
		f.Fields = append(f.Fields, scopeFields(p.Scopes, p.Mistakes["scopes"])...)
	}
	f.Fields = p.Mistakes.mark(f.Fields)
	s.Blocks = []block{{Heading: "About the application", Forms: []form{f}}}
	return board(w, v, s)
}

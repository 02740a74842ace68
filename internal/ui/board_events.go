package ui

import (
	"io"
	"net/url"
	"strings"

	"github.com/signet-auth/signet/internal/store"
)

// BoardEvents lists what has happened, the newest first.
type BoardEvents struct {
	Board
	Type   string // the one that is shown, or ""
	Object string // of which those are shown, or ""
	Events []store.Event
	More   string // the path of the next page, or ""
}

// actorWords are what actors are called.
var actorWords = map[store.ActorKind]string{
	store.BySecretKey: "Secret key", store.ByCommand: "Command line", store.ByUser: "User", store.ByClient: "Application", store.BySystem: "Signet",
}

// actorCell names who did something, and leads there.
func actorCell(a store.Actor) cell {
	c := cell{Text: actorWords[a.Kind], Detail: a.Name}
	if c.Detail == "" {
		c.Detail = a.ID
	}
	if a.Kind == store.ByUser && a.ID != "" {
		c.Href = userPath(a.ID)
	}
	return c
}

// objectCell leads to what something happened to, if it has a page.
func objectCell(id string) cell {
	switch {
	case strings.HasPrefix(id, "user_"):
		return cell{Text: id, Href: userPath(id)}
	case strings.HasPrefix(id, "oa_"):
		return cell{Text: id, Href: boardPath("/applications/" + url.PathEscape(id))}
	}
	return codeCell(id)
}

// Render writes the page.
func (p BoardEvents) Render(w io.Writer, v View) error {
	s := sheet{Board: p.Board, Title: "Events", Lead: "What has happened, and who did it. An event never changes."}
	types := field{Name: "type", Label: "What", Type: "select", Half: true, Options: options(p.Type, "", "Everything")}
	for _, t := range store.EventTypes() {
		types.Options = append(types.Options, option{Value: string(t), Label: string(t), Chosen: string(t) == p.Type})
	}
	b := block{ID: "events"}
	t := table{Caption: "Events", Columns: []string{"When", "What", "Who", "What to"}}
	for _, e := range p.Events {
		t.Rows = append(t.Rows, []cell{
			when(e.ID.Time()), {Text: string(e.Type), Href: boardPath("/events/" + e.ID.String())}, actorCell(e.Actor), objectCell(e.ObjectID),
		})
	}
	switch {
	case len(t.Rows) > 0:
		b.Table = &t
	case p.More != "":
		b.Text = "None in this stretch of time; go on to look further back."
	default:
		b.Empty = &empty{Icon: "clock", Title: "Nothing", Text: "No event is like this."}
	}
	if p.More != "" {
		b.Pages = []place{{Label: "More", Href: p.More}}
	}
	s.Blocks = []block{
		{ID: "filter", Forms: []form{{Action: boardPath("/events"), Get: true, Submit: "Show", Tone: "secondary", Fields: []field{
			types, {Name: "object", Label: "Of", Type: "text", Value: p.Object, Half: true, Code: true, Complete: "off", Hint: "A user ID, a client ID, or the ID of what it happened to."},
		}}}},
		b,
	}
	return board(w, v, s)
}

// BoardEvent shows one event.
type BoardEvent struct {
	Board
	Event store.Event
}

// Render writes the page.
func (p BoardEvent) Render(w io.Writer, v View) error {
	e := p.Event
	s := sheet{Board: p.Board, Title: string(e.Type), Above: &place{Label: "Events", Href: boardPath("/events")}}
	facts := []fact{{"When", when(e.ID.Time())}, {"Who", actorCell(e.Actor)}, {"What to", objectCell(e.ObjectID)}}
	if e.UserID != "" {
		facts = append(facts, fact{"User", objectCell(e.UserID)})
	}
	if e.ClientID != "" {
		facts = append(facts, fact{"Client ID", codeCell(e.ClientID)})
	}
	facts = append(facts, fact{"Event ID", codeCell(e.ID.String())})
	s.Blocks = []block{
		{ID: "facts", Heading: "What happened", Facts: facts},
		{ID: "data", Heading: "As it was then", Listings: []listing{{Text: Indented(e.Data)}}},
	}
	return board(w, v, s)
}

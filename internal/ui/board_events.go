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

// actorWords are the messages that say what actors are called.
var actorWords = map[store.ActorKind]string{
	store.BySecretKey: "board.events.secret_key", store.ByCommand: "board.events.command_line", store.ByUser: "board.word.user", store.ByClient: "board.word.application", store.BySystem: "board.events.signet",
}

// actorCell names who did something, and leads there.
func actorCell(v View, a store.Actor) cell {
	c := cell{Text: v.Say(actorWords[a.Kind]), Detail: a.Name}
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
	s := sheet{Board: p.Board, Title: v.Say("board.word.events"), Lead: v.Say("board.events.what_has_happened")}
	types := field{Name: "type", Label: v.Say("board.events.what"), Type: "select", Half: true, Options: options(p.Type, "", v.Say("board.events.everything"))}
	for _, t := range store.EventTypes() {
		types.Options = append(types.Options, option{Value: string(t), Label: string(t), Chosen: string(t) == p.Type})
	}
	b := block{ID: "events"}
	t := table{Caption: v.Say("board.word.events"), Columns: []string{v.Say("board.word.when"), v.Say("board.events.what"), v.Say("board.events.who"), v.Say("board.events.what_to")}}
	for _, e := range p.Events {
		t.Rows = append(t.Rows, []cell{
			when(e.ID.Time()), {Text: string(e.Type), Href: boardPath("/events/" + e.ID.String())}, actorCell(v, e.Actor), objectCell(e.ObjectID),
		})
	}
	switch {
	case len(t.Rows) > 0:
		b.Table = &t
	case p.More != "":
		b.Text = v.Say("board.events.none_in_this_stretch")
	default:
		b.Empty = &empty{Icon: "clock", Title: v.Say("board.events.nothing"), Text: v.Say("board.events.no_event_is_like")}
	}
	if p.More != "" {
		b.Pages = []place{{Label: v.Say("board.word.more"), Href: p.More}}
	}
	s.Blocks = []block{
		{ID: "filter", Forms: []form{{Action: boardPath("/events"), Get: true, Submit: v.Say("board.events.show"), Tone: "secondary", Fields: []field{
			types, {Name: "object", Label: v.Say("board.events.of"), Type: "text", Value: p.Object, Half: true, Code: true, Complete: "off", Hint: v.Say("board.events.object_hint")},
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
	s := sheet{Board: p.Board, Title: string(e.Type), Above: &place{Label: v.Say("board.word.events"), Href: boardPath("/events")}}
	facts := []fact{{v.Say("board.word.when"), when(e.ID.Time())}, {v.Say("board.events.who"), actorCell(v, e.Actor)}, {v.Say("board.events.what_to"), objectCell(e.ObjectID)}}
	if e.UserID != "" {
		facts = append(facts, fact{v.Say("board.word.user"), objectCell(e.UserID)})
	}
	if e.ClientID != "" {
		facts = append(facts, fact{v.Say("board.word.client_id"), codeCell(e.ClientID)})
	}
	facts = append(facts, fact{v.Say("board.events.event_id"), codeCell(e.ID.String())})
	s.Blocks = []block{
		{ID: "facts", Heading: v.Say("board.word.what_happened"), Facts: facts},
		{ID: "data", Heading: v.Say("board.events.as_it_was_then"), Listings: []listing{{Text: Indented(e.Data)}}},
	}
	return board(w, v, s)
}

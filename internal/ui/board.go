package ui

import (
	"html/template"
	"io"
	"strings"
	"unicode"
)

// A Board is what all pages of the operators' dashboard have in common: the frame,
// and what was done just before. Such a page embeds it.
type Board struct {
	User    Person
	CSRF    string
	Section string // the Href of the entry of the navigation that holds the page
	Done    string // what was done: a key of doneTexts, or ""
	Wrong   string // a sentence about what could not be done, or ""
}

// A boardEntry is an entry of the navigation; its label is a message.
type boardEntry struct{ Label, Href, Icon string }

// A boardGroup is entries that belong together; its label is a message, or "".
type boardGroup struct {
	Label   string
	Entries []boardEntry
}

// DashboardPath is where the dashboard is.
const DashboardPath = "/dashboard"

var boardGroups = []boardGroup{
	{"", []boardEntry{{"board.word.home", DashboardPath, "chart"}}},
	{"board.frame.who_signs_in", []boardEntry{
		{"board.word.applications", DashboardPath + "/applications", "apps"},
		{"board.word.users", DashboardPath + "/users", "person"},
		{"board.word.invitations", DashboardPath + "/invitations", "mail"},
		{"board.word.connections", DashboardPath + "/connections", "link"},
	}},
	{"board.word.what_happened", []boardEntry{
		{"board.word.events", DashboardPath + "/events", "clock"},
		{"board.word.request_doctor", DashboardPath + "/refusals", "alert"},
	}},
	{"board.frame.how_it_runs", []boardEntry{
		{"board.word.scopes", DashboardPath + "/scopes", "check"},
		{"board.word.secret_keys", DashboardPath + "/secret-keys", "key"},
		{"board.word.signing_keys", DashboardPath + "/signing-keys", "lock"},
		{"board.word.operators", DashboardPath + "/operators", "shield"},
		{"board.word.settings", DashboardPath + "/settings", "settings"},
	}},
}

// Groups are the navigation.
func (b Board) Groups() []boardGroup { return boardGroups }

// doneTexts are the messages that say what was done.
var doneTexts = map[string]string{
	"saved":        "board.done.saved",
	"created":      "board.done.created",
	"deleted":      "board.done.deleted",
	"logo":         "board.done.logo",
	"allowed":      "board.done.allowed",
	"revoked":      "board.done.revoked",
	"disconnected": "board.done.disconnected",
	"banned":       "board.done.banned",
	"unbanned":     "board.done.unbanned",
	"locked":       "board.done.locked",
	"unlocked":     "board.done.unlocked",
	"signed_out":   "board.done.signed_out",
	"password":     "board.done.password",
	"rotated":      "board.done.rotated",
	"replaced":     "board.done.replaced",
	"operator":     "board.done.operator",
	"no_operator":  "board.done.no_operator",
}

// Notice is the message that says what was done, or "".
func (b Board) Notice() string { return doneTexts[b.Done] }

// A sheet is a page of the dashboard: what it is about, and blocks one below
// another.
type sheet struct {
	Board
	Title   string
	Lead    string
	English bool    // of Lead: it is in English, whatever the page is in
	Above   *place  // the page that this one belongs to
	Badges  []badge // beside the title
	Tabs    []place
	Buttons []place
	Picture string // the path of a logo beside the title, or ""
	Tile    string // else the letter of a tile, if it has one
	Blocks  []block
}

// A place is somewhere to go.
type place struct {
	Label, Href string
	Current     bool
}

// A badge is a word that says how something is.
type badge struct{ Text, Tone string }

// A block is a part of a sheet. It shows whatever it has, in this order.
type block struct {
	ID       string
	Heading  string
	Text     string
	Alert    *alert
	Figures  []fact // few and large
	Charts   []template.HTML
	Facts    []fact
	Steps    []step
	Compare  []compared
	List     []string
	English  bool // of List
	Search   *search
	Table    *table
	Empty    *empty
	Listings []listing
	Forms    []form
	Pages    []place
	PageText string
	Bare     bool // no box around it
	Half     bool // two beside one another where there is room
}

type alert struct{ Tone, Text string }

// A fact is a name and what it is.
type fact struct {
	Name  string
	Value cell
}

// A step is one of a way, and whether it was gone.
type step struct{ Name, Text, State string }

// compared is what was received beside what is registered.
type compared struct {
	Name     string
	Received []string
	Known    []string
	Differs  bool
}

type search struct{ Action, Label, Value, Hint string }

type empty struct {
	Icon, Title, Text string
	Button            *place
}

// A listing is text to copy.
type listing struct{ Title, Text, Note string }

// A table has a name for those who cannot see where it stands.
type table struct {
	Caption string
	Columns []string
	Rows    [][]cell
}

// A head is what stands above a column.
type head struct {
	Text   string
	Number bool
}

// Heads are what stands above the columns; numbers stand at the end of theirs.
func (t table) Heads() []head {
	heads := make([]head, len(t.Columns))
	for i, text := range t.Columns {
		heads[i] = head{Text: text, Number: len(t.Rows) > 0 && i < len(t.Rows[0]) && t.Rows[0][i].Number}
	}
	return heads
}

func good(text string) badge    { return badge{text, "good"} }
func bad(text string) badge     { return badge{text, "bad"} }
func quiet(text string) badge   { return badge{text, ""} }
func boardPath(s string) string { return DashboardPath + s }

// said is the badge whose text is what the message says that it has for one.
func (b badge) said(v View) badge { return badge{v.Say(b.Text), b.Tone} }

// A form changes something.
type form struct {
	ID      string
	Action  string
	CSRF    string
	Get     bool // only looks
	Files   bool
	Heading string
	Text    string
	Fields  []field
	Submit  string
	Tone    string // of the button: "", "secondary" or "danger"
	Small   bool
	Label   string // of the button, for those who cannot see where it stands; or ""
	Extra   []extraButton
}

// An extraButton sends the form with a value of its own.
type extraButton struct{ Name, Value, Text, Tone string }

// A field asks for one thing.
type field struct {
	ID       string // by default Name
	Name     string
	Label    string
	Type     string // of the input; also select, textarea, checkbox, hidden and heading
	Value    string
	Hint     string
	Problem  string
	Options  []option
	Checked  bool
	Rows     int
	Required bool
	ReadOnly bool
	Code     bool
	Complete string // autocomplete
	Half     bool
	Min, Max string
}

type option struct {
	Value, Label, Hint string
	Chosen             bool
}

// maxShown bounds how much of a text is shown that may be anybody's, in bytes.
const maxShown = 16 << 10

// inert makes a text of several lines fit to be shown: characters that change the
// direction of what follows are dropped, and what is too long is cut.
func inert(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) || unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	if len(s) > maxShown {
		s = strings.ToValidUTF8(s[:maxShown], "") + "…"
	}
	return s
}

// Key is the id of the element.
func (f field) Key() string {
	if f.ID != "" {
		return f.ID
	}
	return f.Name
}

// DescribedBy names what describes the field.
func (f field) DescribedBy() string {
	switch {
	case f.Hint != "" && f.Problem != "":
		return f.Key() + "-problem " + f.Key() + "-hint"
	case f.Problem != "":
		return f.Key() + "-problem"
	case f.Hint != "":
		return f.Key() + "-hint"
	}
	return ""
}

// Mistakes are what is wrong with a form, by field.
type Mistakes map[string]string

// mark puts problems beside their fields, and gives those that have none.
func (p Mistakes) mark(fields []field) []field {
	for i := range fields {
		fields[i].Problem = p[fields[i].Name]
	}
	return fields
}

// board writes a sheet.
func board(w io.Writer, v View, s sheet) error {
	return renderIn(w, v, "board.html", "board/sheet", frame{View: v, Page: s})
}

// Other is what is wrong with the form as a whole, or with a field that it does not
// show.
func (p Mistakes) Other() string { return p[""] }

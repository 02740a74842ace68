package lang

import (
	"html"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/feature/plural"
)

// Every language has the messages of English, with the same placeholders, and of
// those with a number every form that its numbers have, and no other.
func TestMessages(t *testing.T) {
	english, err := load("en")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range All() {
		messages, err := load(l.Tag())
		if err != nil {
			t.Errorf("%s: %v", l.Tag(), err)
			continue
		}
		for key, want := range english {
			got, ok := messages[key]
			if !ok {
				t.Errorf("%s lacks the message %s", l.Tag(), key)
				continue
			}
			compare(t, l, key, want, got)
		}
		for key := range messages {
			if _, ok := english[key]; !ok {
				t.Errorf("%s has the message %s, which English has not", l.Tag(), key)
			}
		}
	}
}

func compare(t *testing.T, l Language, key string, want, got message) {
	t.Helper()
	if (want.forms == nil) != (got.forms == nil) {
		t.Errorf("%s: %s has forms for numbers in one of it and English", l.Tag(), key)
		return
	}
	texts := []text{got.other}
	if got.forms != nil {
		texts = nil
		needed := map[plural.Form]bool{plural.Other: true}
		for n := range 1000 {
			needed[l.form(n)] = true
		}
		for form := range needed {
			if _, ok := got.forms[form]; !ok {
				t.Errorf("%s: %s lacks the form %d", l.Tag(), key, form)
			}
		}
		for form, x := range got.forms {
			if !needed[form] {
				t.Errorf("%s: %s has the form %d, which no number has", l.Tag(), key, form)
			}
			texts = append(texts, x)
		}
	}
	for _, x := range texts {
		if a, b := slices.Sorted(slices.Values(x.names)), slices.Sorted(slices.Values(want.other.names)); !slices.Equal(a, b) {
			t.Errorf("%s: %s has the placeholders %v, want %v", l.Tag(), key, a, b)
		}
		said := strings.Join(x.literals, "x")
		if said != strings.TrimSpace(said) || said == "" || strings.ContainsAny(said, "<>&\"\n") {
			t.Errorf("%s: %s is %q: no markup, no straight quotes, nothing around it", l.Tag(), key, said)
		}
	}
}

var (
	keyLiteral = regexp.MustCompile(`"([a-z_]+(?:\.[a-z_]+)+)"`)
	constant   = regexp.MustCompile(`(Trouble|Problem|Theme|Kind|Notice|Question) += "([a-z_]+)"`)
)

// A message that nothing says is superfluous, and so is a file of no language.
func TestMessagesAreSaid(t *testing.T) {
	said := map[string]bool{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		program := strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go")
		template := strings.Contains(path, "/templates/")
		if err != nil || d.IsDir() || !program && !template {
			return err
		}
		text, err := os.ReadFile(path)
		for _, found := range keyLiteral.FindAllSubmatch(text, -1) {
			said[string(found[1])] = true
		}
		for _, found := range constant.FindAllSubmatch(text, -1) {
			switch kind, name := string(found[1]), string(found[2]); kind {
			case "Trouble":
				said["trouble."+name+".title"], said["trouble."+name+".text"] = true, true
			case "Problem":
				said["problem."+name] = true
			case "Kind": // of letters
				for _, part := range []string{"subject", "lead", "button", "note"} {
					said["letter."+name+"."+part] = true
				}
			case "Notice":
				said["notice."+name] = true
			case "Question":
				said["ask."+name+".title"], said["ask."+name+".text"], said["ask."+name+".do"] = true, true, true
			default:
				said["look."+name] = true
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range Keys() {
		if !said[key] {
			t.Errorf("nothing says %s", key)
		}
	}
	for key := range said {
		if _, ok := kinds[0].read()[key]; strings.HasPrefix(key, "board.") && strings.Count(key, ".") == 2 && !ok {
			t.Errorf("there is no message %s, but something says it", key)
		}
	}
	for _, pattern := range []string{"messages/*.toml", "messages/board/*.toml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) != len(All()) {
			t.Errorf("there are the files %v for %d languages: %v", files, len(All()), err)
		}
	}
}

func TestFormat(t *testing.T) {
	arabic, _ := Named("ar")
	tests := []struct {
		name     string
		language Language
		key      string
		args     Args
		want     string // "" if it fails
	}{
		{"plain", English, "common.sign_in", nil, "Sign in"},
		{"a value is escaped", English, "common.continue_to", Args{"application": "<b>"}, "to continue to &lt;b&gt;"},
		{"but for HTML", English, "common.continue_to", Args{"application": Verbatim("<b>x</b>")}, "to continue to <b>x</b>"},
		{"one", English, "consent.count", Args{"n": 1}, "1 permission"},
		{"several", English, "consent.count", Args{"n": 40}, "40 permissions"},
		{"few in Arabic", arabic, "consent.count", Args{"n": 3}, "3 أذونات"},
		{"many in Arabic", arabic, "consent.count", Args{"n": 40}, "40 إذنًا"},
		{"a hundred in Arabic", arabic, "consent.count", Args{"n": 100}, "100 إذن"},
		{"no such message", English, "common.nothing", nil, ""},
		{"a value is missing", English, "common.continue_to", nil, ""},
		{"a value of another type", English, "common.continue_to", Args{"application": 1.5}, ""},
		{"a value too many", English, "common.sign_in", Args{"application": "x"}, ""},
	}
	for _, tt := range tests {
		got, err := tt.language.Format(tt.key, tt.args, html.EscapeString)
		if got != tt.want || (err != nil) != (tt.want == "") {
			t.Errorf("%s: %q, %v; want %q", tt.name, got, err, tt.want)
		}
	}
}

func TestParse(t *testing.T) {
	for _, s := range []string{"{", "}", "a {b", "{}", "{A}", "{a b}", "{{a}}"} {
		if _, err := parse(s); err == nil {
			t.Errorf("parse(%q) succeeds", s)
		}
	}
}

func FuzzChoose(f *testing.F) {
	for _, s := range []string{"de-CH, fr;q=0.5", "ja es", "", "*", "x-private", "zh-Hant-TW;q=", strings.Repeat("a-", 300)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, wish string) {
		if l := Choose(wish); !slices.Contains(All(), l) {
			t.Errorf("Choose(%q) = %v", wish, l)
		}
	})
}

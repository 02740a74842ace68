package lang

import (
	"embed"
	"fmt"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
	"golang.org/x/text/language"
)

//go:embed messages
var files embed.FS

// A Language is one that people can be spoken to in. The zero value is English.
type Language struct{ at int }

// English is what everybody gets who asks for nothing else.
var English = Language{}

// A kind is what is known of a language before its messages are read.
type kind struct {
	tag  language.Tag
	name string // in the language itself
	rtl  bool
	read func() map[string]message
}

var kinds = []kind{
	kindOf("en", "English", false),
	kindOf("de", "Deutsch", false),
	kindOf("fr", "Français", false),
	kindOf("es", "Español", false),
	kindOf("pt", "Português", false),
	kindOf("ja", "日本語", false),
	kindOf("zh-Hans", "简体中文", false),
	kindOf("ar", "العربية", true),
}

// kindOf reads the messages when they are first wanted: most nodes speak to most
// people in one language.
func kindOf(tag, name string, rtl bool) kind {
	return kind{language.MustParse(tag), name, rtl, sync.OnceValue(func() map[string]message {
		messages, err := load(tag)
		if err != nil {
			panic(err) // the file is part of the program, and a test has read it
		}
		return messages
	})}
}

var matcher = func() language.Matcher {
	tags := make([]language.Tag, len(kinds))
	for i, k := range kinds {
		tags[i] = k.tag
	}
	return language.NewMatcher(tags)
}()

// All are the languages there are, English first.
func All() []Language {
	all := make([]Language, len(kinds))
	for i := range kinds {
		all[i] = Language{i}
	}
	return all
}

// Tag is the language's tag (BCP 47).
func (l Language) Tag() string { return kinds[l.at].tag.String() }

// Name is what the language calls itself.
func (l Language) Name() string { return kinds[l.at].name }

// RTL reports whether it is written from right to left.
func (l Language) RTL() bool { return kinds[l.at].rtl }

// Named finds a language by its tag.
func Named(tag string) (Language, bool) {
	for i, k := range kinds {
		if tag != "" && k.tag.String() == tag {
			return Language{i}, true
		}
	}
	return English, false
}

// maxWish bounds how much of a wish is looked at, in bytes.
const maxWish = 256

// Choose gives the language of the first wish that one of ours meets. A wish is the
// value of Accept-Language (RFC 9110 §12.5.4) or of ui_locales (OIDC Core §3.1.2.1);
// what cannot be read or met counts for nothing.
func Choose(wishes ...string) Language {
	for _, wish := range wishes {
		if len(wish) > maxWish {
			wish = wish[:maxWish]
		}
		if !strings.ContainsAny(wish, ",;") { // ui_locales has spaces between tags
			wish = strings.Join(strings.Fields(wish), ",")
		}
		tags := wanted(wish)
		if _, at, confidence := matcher.Match(tags...); len(tags) > 0 && confidence > language.No {
			return Language{at}
		}
	}
	return English
}

// wanted reads the tags of a list, best first, leaving out what is none.
func wanted(list string) []language.Tag {
	if tags, _, err := language.ParseAcceptLanguage(list); err == nil {
		return tags
	}
	var tags []language.Tag
	for _, x := range strings.Split(list, ",") {
		if some, _, err := language.ParseAcceptLanguage(x); err == nil {
			tags = append(tags, some...)
		}
	}
	return tags
}

// load reads the messages of a language. Those below a table have its name before
// theirs, and those of the dashboard "board"; a table of plural forms is one message.
func load(tag string) (map[string]message, error) {
	messages := map[string]message{}
	for prefix, directory := range map[string]string{"": "messages/", "board": "messages/board/"} {
		var tree map[string]any
		if _, err := toml.DecodeFS(files, directory+tag+".toml", &tree); err != nil {
			return nil, fmt.Errorf("reading the messages of %s: %w", tag, err)
		}
		if err := collect(messages, prefix, tree); err != nil {
			return nil, err
		}
	}
	return messages, nil
}

func collect(messages map[string]message, key string, value any) error {
	switch x := value.(type) {
	case string:
		m, err := parse(x)
		if err != nil {
			return fmt.Errorf("the message %s: %w", key, err)
		}
		messages[key] = message{other: m}
	case map[string]any:
		if _, ok := x["other"]; ok {
			m, err := parseForms(x)
			if err != nil {
				return fmt.Errorf("the message %s: %w", key, err)
			}
			messages[key] = m
			return nil
		}
		for name, below := range x {
			if err := collect(messages, strings.TrimPrefix(key+"."+name, "."), below); err != nil {
				return err
			}
		}
	default:
		return fmt.Errorf("the message %s is no text", key)
	}
	return nil
}

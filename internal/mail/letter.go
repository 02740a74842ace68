package mail

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"net/mail"
	"path"
	"strings"
	"text/template"

	"golang.org/x/text/language"
)

// A Kind is what a letter is about.
type Kind string

// The kinds.
const (
	SignIn          Kind = "sign_in"          // a code and a link to sign in with
	SignUp          Kind = "sign_up"          // to make an account with
	AlreadyHere     Kind = "already_here"     // to somebody who wants to sign up and has an account
	Reset           Kind = "reset"            // to choose a new password with
	Verify          Kind = "verify"           // to prove an address with
	PasswordChanged Kind = "password_changed" // so that nobody's password is changed in silence
)

// Kinds are all that there are.
var Kinds = []Kind{SignIn, SignUp, AlreadyHere, Reset, Verify, PasswordChanged}

// A Letter is what is to be said to somebody. Nothing in it comes from another
// person than the one it goes to.
type Letter struct {
	Kind      Kind
	To        string   // an e-mail address
	Code      string   // "" if the kind has none
	Link      string   // where its button leads, or ""
	Languages []string // what the reader likes, best first: tags of BCP 47
}

// A Message is a letter in words.
type Message struct {
	ID      string `json:"id"` // the same each time it is sent
	To      string `json:"to"`
	Subject string `json:"subject"`
	Text    string `json:"text"`
	HTML    string `json:"html"`
}

// words are what one kind of letter says in one language.
type words struct {
	Subject string `json:"subject"`
	Lead    string `json:"lead"`
	Button  string `json:"button"`
	Note    string `json:"note"`
}

// A catalogue is all letters in one language.
type catalogue struct {
	Direction string         `json:"direction"`
	OrLink    string         `json:"or_link"` // stands between the code and the link
	SentBy    string         `json:"sent_by"`
	Letters   map[Kind]words `json:"letters"`
}

//go:embed messages/*.json templates/*
var files embed.FS

// languages are those that letters are written in; the first is for everybody
// else.
var languages = []string{"en", "de", "fr", "es", "pt", "ja", "zh", "ar"}

var (
	catalogues = readCatalogues()
	matcher    = newMatcher()
	asText     = template.Must(template.ParseFS(files, "templates/letter.txt"))
	asHTML     = htmltemplate.Must(htmltemplate.ParseFS(files, "templates/letter.html"))
)

func readCatalogues() map[string]catalogue {
	all := make(map[string]catalogue, len(languages))
	for _, tag := range languages {
		text, err := files.ReadFile(path.Join("messages", tag+".json"))
		if err != nil {
			panic(err) // it is part of the program
		}
		var c catalogue
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&c); err != nil {
			panic(fmt.Errorf("the letters in %s: %w", tag, err))
		}
		all[tag] = c
	}
	return all
}

func newMatcher() language.Matcher {
	tags := make([]language.Tag, len(languages))
	for i, tag := range languages {
		tags[i] = language.MustParse(tag)
	}
	return language.NewMatcher(tags)
}

// choose gives the language to write in.
func choose(liked []string) string {
	var tags []language.Tag
	for _, text := range liked {
		if tag, err := language.Parse(text); err == nil {
			tags = append(tags, tag)
		}
	}
	_, i, _ := matcher.Match(tags...)
	return languages[i]
}

// ErrAddress refuses to write to what is no address on one line.
var ErrAddress = errors.New("not an e-mail address")

// shown is what a template is given.
type shown struct {
	words
	Language, Direction string
	Code, Link          string
	OrLink, SentBy      string
}

// Compose puts a letter of the installation at host into words.
func Compose(l Letter, host string) (Message, error) {
	if a, err := mail.ParseAddress(l.To); err != nil || a.Address != l.To || a.Name != "" || strings.ContainsAny(l.To, "\r\n\x00") {
		return Message{}, ErrAddress
	}
	tag := choose(l.Languages)
	c := catalogues[tag]
	w, ok := c.Letters[l.Kind]
	if !ok {
		return Message{}, fmt.Errorf("there is no letter about %q", l.Kind)
	}
	fill := strings.NewReplacer("{site}", host, "{code}", l.Code).Replace
	s := shown{
		words:    words{Subject: fill(w.Subject), Lead: fill(w.Lead), Button: fill(w.Button), Note: fill(w.Note)},
		Language: tag, Direction: c.Direction, Code: l.Code, Link: l.Link, OrLink: fill(c.OrLink), SentBy: fill(c.SentBy),
	}
	var text, html bytes.Buffer
	if err := errors.Join(asText.Execute(&text, s), asHTML.Execute(&html, s)); err != nil {
		return Message{}, fmt.Errorf("writing a letter: %w", err)
	}
	return Message{To: l.To, Subject: s.Subject, Text: text.String(), HTML: html.String()}, nil
}

package ui

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"strings"
)

// Reference is the description of an API for people to read.
type Reference struct {
	Title, Summary, Description string
	Address                     string // of the same for programs
	Families                    []ReferenceFamily
	Objects                     []ReferenceObject
}

// A ReferenceFamily is operations that belong together.
type ReferenceFamily struct {
	ID, Name, Description string
	Operations            []ReferenceOperation
}

// A ReferenceOperation is one method on one path.
type ReferenceOperation struct {
	ID, Method, Path     string
	Summary, Description string
	Groups               []ReferenceGroup // of fields to send
	Try                  string           // a command that sends the example
	Answers              []ReferenceAnswer
}

// A ReferenceGroup is a table of fields.
type ReferenceGroup struct {
	Name   string
	Fields []ReferenceField
}

// A ReferenceField is one field of a body, an object or a query string.
type ReferenceField struct {
	Name     string
	Type     []ReferenceType
	Required bool
	Text     string
	Bounds   string
}

// A ReferenceType is a word of a type; Object leads to one of the objects.
type ReferenceType struct{ Word, Object string }

// A ReferenceAnswer is what an operation may answer.
type ReferenceAnswer struct {
	Status, Text string
	Type         []ReferenceType
	Example      string
}

// A ReferenceObject is an object that answers hold.
type ReferenceObject struct {
	ID, Name, Description string
	Type                  []ReferenceType // of what has no fields
	Fields                []ReferenceField
}

// The page is for developers, in English, and no card: it shares its signet with
// the others and nothing else.
//
//go:embed reference
var referenceFiles embed.FS

var reference = template.Must(template.New("reference.html").
	Funcs(template.FuncMap{"asset": assetPath, "spans": spans, "lower": strings.ToLower}).
	ParseFS(referenceFiles, "reference/reference.html"))

// Render writes the page.
func (p Reference) Render(w io.Writer) error {
	if err := reference.Execute(w, p); err != nil {
		return fmt.Errorf("rendering the reference: %w", err)
	}
	return nil
}

// A span is a piece of text, as it is or as code.
type span struct {
	Code bool
	Text string
}

// spans parts a text where backquotes begin and end code.
func spans(text string) (all []span) {
	for i, piece := range strings.Split(text, "`") {
		if piece != "" {
			all = append(all, span{i%2 == 1, piece})
		}
	}
	return all
}

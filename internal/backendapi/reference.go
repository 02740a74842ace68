package backendapi

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/signet-auth/signet/internal/ui"
)

// referencePath is where people read the description.
const referencePath = "/reference"

// A readable is a description as far as people are shown it.
type readable struct {
	Info struct{ Title, Summary, Description string }
	Tags []tag

	Paths      map[string]map[string]readableOperation
	Components struct {
		Parameters map[string]readableParameter
		Responses  map[string]readableResponse
		Schemas    map[string]*schema
	}
}

type readableOperation struct {
	ID                   string `json:"operationId"`
	Summary, Description string
	Tags                 []string
	Parameters           []readableParameter
	RequestBody          *struct{ Content map[string]readableContent }
	Responses            map[string]readableResponse
}

type readableParameter struct {
	Reference         string `json:"$ref"`
	Name, In          string
	Description       string
	Required          bool
	Schema            *schema
	Explode           *bool
	ExampleOfTheValue any `json:"example"`
}

type readableContent struct {
	Schema  *schema
	Example json.RawMessage
}

type readableResponse struct {
	Reference   string `json:"$ref"`
	Description string
	Content     map[string]readableContent
}

// newReference makes the page of a description.
func newReference(d description) (ui.Reference, error) {
	text, err := json.Marshal(d)
	if err != nil {
		return ui.Reference{}, err
	}
	var r readable
	if err := json.Unmarshal(text, &r); err != nil {
		return ui.Reference{}, err
	}
	page := ui.Reference{
		Title: r.Info.Title, Summary: r.Info.Summary, Description: r.Info.Description, Address: descriptionPath,
	}
	for _, t := range r.Tags {
		family := ui.ReferenceFamily{ID: anchor("", t.Name), Name: t.Name, Description: t.Description}
		for _, path := range slices.SortedFunc(maps.Keys(r.Paths), versionedFirst) {
			for _, method := range []string{"get", "post", "put", "patch", "delete"} {
				if o, ok := r.Paths[path][method]; ok && slices.Contains(o.Tags, t.Name) {
					family.Operations = append(family.Operations, r.operation(d.Servers[0]["url"], path, strings.ToUpper(method), o))
				}
			}
		}
		page.Families = append(page.Families, family)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Components.Schemas)) {
		s := r.Components.Schemas[name]
		object := ui.ReferenceObject{ID: anchor("object-", name), Name: name, Description: s.Description}
		if object.Fields = s.fields(""); len(object.Fields) == 0 {
			object.Type = s.words()
		}
		page.Objects = append(page.Objects, object)
	}
	return page, nil
}

// versionedFirst orders paths: those that some SDKs call without a version repeat others.
func versionedFirst(a, b string) int {
	if v, w := strings.HasPrefix(a, "/v1/"), strings.HasPrefix(b, "/v1/"); v != w {
		if v {
			return -1
		}
		return 1
	}
	return strings.Compare(a, b)
}

// anchor makes a place of the page of a name.
func anchor(kind, name string) string {
	return kind + strings.ToLower(strings.NewReplacer(" ", "-", "_", "-").Replace(name))
}

func (r readable) operation(base, path, method string, o readableOperation) ui.ReferenceOperation {
	x := ui.ReferenceOperation{ID: anchor("", o.ID), Method: method, Path: path, Summary: o.Summary, Description: o.Description}
	query := ""
	for _, place := range []struct{ in, name string }{{"path", "Path"}, {"query", "Query"}, {"header", "Headers"}} {
		group := ui.ReferenceGroup{Name: place.name}
		for _, p := range o.Parameters {
			if p.Reference != "" {
				p = r.Components.Parameters[last(p.Reference)]
			}
			if p.In != place.in {
				continue
			}
			group.Fields = append(group.Fields, p.Schema.field(p.Name, p.Required || p.In == "path", p.Description))
			if p.In == "query" && p.Required {
				query = fmt.Sprintf("?%s=%v", p.Name, cmp.Or(p.ExampleOfTheValue, any("...")))
			}
		}
		if len(group.Fields) > 0 {
			x.Groups = append(x.Groups, group)
		}
	}
	try := []string{"curl"}
	if method != http.MethodGet {
		try[0] += " -X " + method
	}
	try[0] += " '" + base + path + query + "'"
	try = append(try, `-H "Authorization: Bearer $SECRET_KEY"`)
	if o.RequestBody != nil {
		for kind, content := range o.RequestBody.Content {
			x.Groups = append(x.Groups, ui.ReferenceGroup{Name: "Body, " + kind, Fields: content.Schema.fields("")})
			try = append(try, sent(kind, content)...)
		}
	}
	x.Try = strings.Join(try, " \\\n  ")
	for _, status := range slices.Sorted(maps.Keys(o.Responses)) {
		x.Answers = append(x.Answers, r.answer(status, o.Responses[status]))
	}
	return x
}

// sent are the arguments of curl that send a body.
func sent(kind string, content readableContent) []string {
	if kind == "multipart/form-data" {
		return []string{"-F file=@picture.png"}
	}
	var line bytes.Buffer
	if err := json.Compact(&line, content.Example); err != nil || line.Len() == 0 {
		line.WriteString("{}")
	}
	return []string{"-H 'Content-Type: " + kind + "'", "-d '" + strings.ReplaceAll(line.String(), "'", `'\''`) + "'"}
}

func (r readable) answer(status string, response readableResponse) ui.ReferenceAnswer {
	if response.Reference != "" {
		response = r.Components.Responses[last(response.Reference)]
	}
	a := ui.ReferenceAnswer{Status: status, Text: response.Description}
	if status == "default" {
		a.Status = "else"
	}
	for _, content := range response.Content {
		a.Type = content.Schema.words()
		var lines bytes.Buffer
		if err := json.Indent(&lines, content.Example, "", "  "); err == nil {
			a.Example = lines.String()
		}
	}
	return a
}

// last is the name at the end of a reference.
func last(reference string) string { return reference[strings.LastIndexByte(reference, '/')+1:] }

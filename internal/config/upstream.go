package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/signet-auth/signet/internal/upstream"
)

// upstreamKey is the name of the tables in the file.
const upstreamKey = "upstream"

// An upstreamTable is one of them, and where it stands.
type upstreamTable struct {
	values map[string]any
	origin string
}

// upstreamTables takes the tables out of the file.
func upstreamTables(file map[string]any, path string, p *Problems) []upstreamTable {
	found, ok := file[upstreamKey]
	delete(file, upstreamKey)
	tables, isTables := found.([]map[string]any)
	if ok && !isTables {
		p.add("%s: upstream is not written as tables: begin each provider with a line [[upstream]]", path)
	}
	all := make([]upstreamTable, len(tables))
	for i, t := range tables {
		all[i] = upstreamTable{t, fmt.Sprintf("%s: the upstream %d", path, i+1)}
	}
	return all
}

// upstreamVariable is the variable for the secret of a provider.
func upstreamVariable(id string) string {
	return variablePrefix + "UPSTREAM_" + strings.ToUpper(strings.ReplaceAll(id, "-", "_")) + "_CLIENT_SECRET"
}

// readUpstreams reads the tables, with the secrets that are in the environment.
func readUpstreams(tables []upstreamTable, env map[string]string, p *Problems) (all []upstream.Settings) {
	for _, t := range tables {
		s := t.read(p).Filled()
		if secret, ok := secretFromEnvironment(upstreamVariable(s.ID), env, p); ok {
			if s.ClientSecret != "" {
				p.add("%s has a client_secret, and %s is set; keep one of them", t.origin, secret.origin)
			}
			s.ClientSecret = secret.value
		}
		for _, err := range s.Check() {
			p.add("%s: %v", t.origin, err)
		}
		if slices.ContainsFunc(all, func(other upstream.Settings) bool { return other.ID == s.ID }) {
			p.add("%s: id is another one's too; give each an id of its own", t.origin)
		}
		all = append(all, s)
	}
	return all
}

// read reads one table.
func (t upstreamTable) read(p *Problems) (s upstream.Settings) {
	texts := map[string]*string{
		"id": &s.ID, "name": &s.Name, "issuer": &s.Issuer, "client_id": &s.ClientID, "client_secret": &s.ClientSecret, "kind": (*string)(&s.Kind),
	}
	names := []string{"scopes"}
	for name := range texts {
		names = append(names, name)
	}
	given := make([]string, 0, len(t.values))
	for name := range t.values {
		given = append(given, name)
	}
	slices.Sort(given)
	for _, name := range given {
		value := t.values[name]
		into, known := texts[name]
		text, isText := value.(string)
		switch {
		case known && isText:
			*into = text
		case known:
			p.add("%s: %s is not text in quotes", t.origin, name)
		case name == "scopes":
			if !readTexts(value, &s.Scopes) {
				p.add("%s: scopes is not a list of texts", t.origin)
			}
		default:
			p.add("%s: %s is not a setting of a provider%s", t.origin, name, suggestion(name, names))
		}
	}
	return s
}

func readTexts(value any, into *[]string) bool {
	list, ok := value.([]any)
	for _, x := range list {
		text, isText := x.(string)
		ok = ok && isText
		*into = append(*into, text)
	}
	return ok
}

package config

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/signet-auth/signet/internal/upstream"
)

const (
	variablePrefix = "SIGNET_"
	configVariable = "SIGNET_CONFIG"
	fileSuffix     = "_FILE" // of a variable that names the file a secret is in
)

// Sources are where a configuration comes from, the strongest first.
type Sources struct {
	Flags    map[string]string // those given, by name without dashes; "config" names the file
	Environ  []string          // as os.Environ gives it
	Terminal bool              // log lines are read by a person
}

// Problems are all mistakes in a configuration. They name settings and never
// show their values.
type Problems []string

// Error implements error: a line for each problem.
func (p Problems) Error() string { return strings.Join(p, "\n") }

func (p *Problems) add(format string, args ...any) { *p = append(*p, fmt.Sprintf(format, args...)) }

// A given is the value of a setting and where it was found.
type given struct{ value, origin string }

// Load reads the sources and the file they name. The error is Problems.
func Load(s Sources) (Config, error) {
	var p Problems
	env := environment(s.Environ)

	values := map[string]given{}
	var tables []upstreamTable
	if path := cmp.Or(s.Flags["config"], env[configVariable]); path != "" {
		tables = readFile(path, values, &p)
	}
	upstreams := readUpstreams(tables, env, &p)
	checkVariables(env, upstreams, &p)
	for _, set := range settings {
		if v, ok := fromEnvironment(set, env, &p); ok {
			values[set.Name] = v
		}
		if v, ok := s.Flags[set.Flag()]; ok {
			values[set.Name] = given{v, "--" + set.Flag()}
		}
	}

	c := Config{Listen: "127.0.0.1:8080", DataDir: defaultDataDir(env), LogFormat: LogJSON, RememberDevices: DefaultRememberDevices, Upstreams: upstreams}
	if s.Terminal {
		c.LogFormat = LogText
	}
	for _, set := range settings {
		v, ok := values[set.Name]
		if !ok {
			continue
		}
		if v.value == "" {
			p.add("%s is empty", v.origin)
		} else if err := set.set(&c, v.value); err != nil {
			p.add("%s %v", v.origin, err)
		}
	}
	if c.Database == "" {
		c.Database = filepath.Join(c.DataDir, "signet.db")
	}
	c.check(&p)
	if len(p) > 0 {
		return Config{}, p
	}
	return c, nil
}

func defaultDataDir(env map[string]string) string {
	dir, _, _ := strings.Cut(env["STATE_DIRECTORY"], ":") // systemd separates several
	return cmp.Or(dir, "data")
}

func environment(environ []string) map[string]string {
	env := map[string]string{}
	for _, line := range environ {
		if name, value, _ := strings.Cut(line, "="); value != "" {
			env[name] = value
		}
	}
	return env
}

// checkVariables refuses SIGNET_ variables that mean nothing, since they are
// most likely misspelt. Those of the tests are left alone.
func checkVariables(env map[string]string, upstreams []upstream.Settings, p *Problems) {
	known := []string{configVariable}
	for _, u := range upstreams {
		known = append(known, upstreamVariable(u.ID), upstreamVariable(u.ID)+fileSuffix)
	}
	for _, set := range settings {
		known = append(known, set.Variable())
		if set.Secret {
			known = append(known, set.Variable()+fileSuffix)
		}
	}
	var unknown []string
	for name := range env {
		if strings.HasPrefix(name, variablePrefix) && !strings.HasPrefix(name, "SIGNET_TEST_") && !slices.Contains(known, name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	for _, name := range unknown {
		p.add("%s is not a setting%s", name, suggestion(name, known))
	}
}

// fromEnvironment reads a setting from its variable, or a secret from the file
// that its other variable names.
func fromEnvironment(set Setting, env map[string]string, p *Problems) (given, bool) {
	name := set.Variable()
	if !set.Secret {
		value, ok := env[name]
		return given{value, name}, ok
	}
	return secretFromEnvironment(name, env, p)
}

func secretFromEnvironment(name string, env map[string]string, p *Problems) (given, bool) {
	value, ok := env[name]
	path, inFile := env[name+fileSuffix]
	if !inFile {
		return given{value, name}, ok
	}
	if ok {
		p.add("%s and %s%s are both set; keep one of them", name, name, fileSuffix)
		return given{value, name}, true
	}
	text, err := os.ReadFile(path)
	if err != nil {
		p.add("%s%s: %v", name, fileSuffix, err)
		return given{}, false
	}
	return given{strings.TrimSpace(string(text)), name + fileSuffix}, true
}

// readFile reads the file's settings into values, and gives its tables of providers.
func readFile(path string, values map[string]given, p *Problems) []upstreamTable {
	text, err := os.ReadFile(path)
	if err != nil {
		p.add("the configuration file: %v", err)
		return nil
	}
	var file map[string]any
	if _, err := toml.Decode(string(text), &file); err != nil {
		// Only the line: the message of the parser quotes what stands there.
		var parse toml.ParseError
		errors.As(err, &parse)
		p.add("%s: line %d is not valid TOML", path, parse.Position.Line)
		return nil
	}
	tables := upstreamTables(file, path, p)
	names := make([]string, len(settings))
	for i, set := range settings {
		names[i] = set.Name
		v, ok := file[set.Name]
		if !ok {
			continue
		}
		delete(file, set.Name)
		origin := path + ": " + set.Name
		switch v := v.(type) {
		case string:
			if set.Bool {
				p.add("%s is in quotes; write true or false without them", origin)
			} else {
				values[set.Name] = given{v, origin}
			}
		case bool:
			if set.Bool {
				values[set.Name] = given{fmt.Sprint(v), origin}
			} else {
				p.add("%s is not text in quotes", origin)
			}
		default:
			p.add("%s is not text in quotes", origin)
		}
	}
	unknown := make([]string, 0, len(file))
	for name := range file {
		unknown = append(unknown, name)
	}
	slices.Sort(unknown)
	for _, name := range unknown {
		p.add("%s: %s is not a setting%s", path, name, suggestion(name, names))
	}
	return tables
}

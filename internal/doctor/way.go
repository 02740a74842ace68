package doctor

import "strings"

// A Step is one that a request has to pass.
type Step struct {
	Name  string // a message
	State StepState
	Text  string // what went wrong in it
}

// A StepState says whether a step was passed.
type StepState string

// The states.
const (
	Passed  StepState = "done"
	Failed  StepState = "failed"
	NotSeen StepState = "open" // the request did not get there
)

// The steps of what can be asked, in order: messages of package lang. The last one is what it was for.
var (
	authorizeSteps = []string{"board.way.request_arrives", "board.way.application_is_known", "board.way.address_is_registered", "board.way.parameters_are_right", "board.way.user_signs_in", "board.way.user_agrees", "board.way.code_goes_back"}
	tokenSteps     = []string{"board.way.request_arrives", "board.way.application_proves_itself", "board.way.grant_type_is_allowed", "board.way.code_or_token_is_good", "board.way.address_is_the_same", "board.way.pkce_matches", "board.way.tokens_are_issued"}
	otherSteps     = []string{"board.way.request_arrives", "board.way.application_proves_itself", "board.way.what_it_asks_is_right", "board.way.answer_goes_back"}
)

// Way is the way of the request with the step that it failed in.
func (c Case) Way() []Step {
	_, path, _ := strings.Cut(c.Request, " ")
	steps, failed := otherSteps, 2
	switch {
	case strings.HasSuffix(path, "/oauth/authorize"):
		steps, failed = authorizeSteps, c.failedAuthorizing()
	case strings.HasSuffix(path, "/oauth/token"):
		steps, failed = tokenSteps, c.failedAtToken()
	case c.Code == "invalid_client":
		failed = 1
	}
	way := make([]Step, len(steps))
	for i, name := range steps {
		way[i] = Step{Name: name, State: NotSeen}
		if i < failed {
			way[i].State = Passed
		}
	}
	way[failed].State, way[failed].Text = Failed, c.Rule
	return way
}

func (c Case) failedAuthorizing() int {
	switch {
	case c.Rule == "RFC 9700 §2.1", strings.HasPrefix(c.Rule, "RFC 8252"):
		return 2
	case len(c.Registered) == 0 && c.Rule == "RFC 6749 §4.1.2.1":
		return 1
	}
	switch c.Code {
	case "login_required", "unmet_authentication_requirements":
		return 4
	case "consent_required", "interaction_required", "account_selection_required", "access_denied":
		return 5
	}
	return 3
}

func (c Case) failedAtToken() int {
	switch {
	case c.Code == "invalid_client":
		return 1
	case c.Code == "unauthorized_client", c.Code == "unsupported_grant_type":
		return 2
	case c.Rule == "RFC 6749 §4.1.3":
		return 4
	case strings.HasPrefix(c.Rule, "RFC 7636"), c.Rule == "RFC 9700 §2.1.1":
		return 5
	case c.Code == "invalid_grant", c.Code == "invalid_scope", c.Code == "invalid_target",
		c.Code == "authorization_pending", c.Code == "slow_down", c.Code == "expired_token", c.Code == "access_denied":
		return 3
	}
	return 0
}

// A Comparison is what was received of one thing beside what is registered.
type Comparison struct {
	Name       string
	Received   []string
	Registered []string
	Differs    bool // something was received that is not registered
}

// Compare puts what was received beside what is registered: first what is in both,
// then the rest in the order in which it came.
func (c Case) Compare() []Comparison {
	var both, rest []Comparison
	known := map[string][]string{}
	for _, f := range c.Registered {
		known[f.Name] = append(known[f.Name], f.Value)
	}
	seen := map[string]bool{}
	for _, f := range c.Received {
		if seen[f.Name] {
			continue
		}
		seen[f.Name] = true
		x := Comparison{Name: f.Name, Received: valuesOf(c.Received, f.Name), Registered: known[f.Name]}
		if x.Registered == nil {
			rest = append(rest, x)
			continue
		}
		x.Differs = !within(f.Name, x.Received, x.Registered)
		both = append(both, x)
	}
	for _, f := range c.Registered {
		if !seen[f.Name] {
			seen[f.Name] = true
			both = append(both, Comparison{Name: f.Name, Registered: known[f.Name]})
		}
	}
	return append(both, rest...)
}

func valuesOf(fields []Field, name string) []string {
	var all []string
	for _, f := range fields {
		if f.Name == name {
			all = append(all, f.Value)
		}
	}
	return all
}

// within reports whether everything received is registered; of scopes each word is
// one.
func within(name string, received, registered []string) bool {
	if name == "scope" {
		received, registered = strings.Fields(strings.Join(received, " ")), strings.Fields(strings.Join(registered, " "))
	}
	all := map[string]bool{}
	for _, v := range registered {
		all[v] = true
	}
	for _, v := range received {
		if !all[v] {
			return false
		}
	}
	return true
}

package dashboard

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/signet-auth/signet/internal/session"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

// signInLifetime is how long after the sign-in somebody may act as an operator.
const signInLifetime = 12 * time.Hour

// What a form may hold, in bytes: with a picture, and without.
const (
	maxBody    = 256 << 10
	maxPicture = 10 << 20
)

// A visit is a request of somebody who was let in.
type visit struct {
	w       http.ResponseWriter
	r       *http.Request
	current session.Current // of the operator, or the zero value on pages for all
	form    url.Values      // the query, or of a POST the body
	csrf    string          // for the forms on the page
	view    ui.View         // in which language and light, but not yet whose
}

// say says a message in the language of whoever looks.
func (v *visit) say(key string, pairs ...any) string { return v.view.Say(key, pairs...) }

// get gives a value of the form.
func (v *visit) get(name string) string { return v.form.Get(name) }

// checked reports whether a box was ticked.
func (v *visit) checked(name string) bool { return v.form.Get(name) == "true" }

// lines reads what was entered one a line, without empty ones.
func (v *visit) lines(name string) []string {
	all := []string{}
	for line := range strings.Lines(v.form.Get(name)) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

// board is what the page has in common with all others.
func (v *visit) board(section string) ui.Board {
	return ui.Board{User: person(v.current.User), CSRF: v.csrf, Section: root + section, Done: v.get("done")}
}

func cutPattern(pattern string) (method, path string, found bool) { return strings.Cut(pattern, " ") }

func (d *Dashboard) visit(w http.ResponseWriter, r *http.Request) *visit {
	return &visit{w: w, r: r, view: ui.NewView("", ui.ParseLook(d.Sessions.Look(r)), r.Header.Get("Accept-Language"))}
}

// forOperators adapts a handler that only operators get to.
func (d *Dashboard) forOperators(serve handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := d.visit(w, r)
		a, err := d.letIn(v)
		if err == nil && a.page == nil && a.location == "" {
			v.csrf = d.Sessions.CSRFToken(d.Sessions.Browser(w, r), v.current.User.ID)
			if err = d.readForm(v, v.current.User.ID); err == nil {
				a, err = serve(v)
			}
		}
		d.write(v, a, err)
	})
}

// forAll adapts a handler of a page that is open to everybody.
func (d *Dashboard) forAll(serve handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := d.visit(w, r)
		v.csrf = d.Sessions.CSRFToken(d.Sessions.Browser(w, r), "")
		a := answer{}
		err := d.readForm(v, "")
		if err == nil {
			a, err = serve(v)
		}
		d.write(v, a, err)
	})
}

// letIn finds out who is there, and gives what to answer to somebody who does not
// get in. All of it is read anew for each request, so that whoever is no operator any
// more, is banned or signed out does nothing more, on any node.
func (d *Dashboard) letIn(v *visit) (answer, error) {
	current, signedIn, err := d.Sessions.Current(v.r)
	if err != nil {
		return answer{}, err
	}
	if !signedIn {
		return d.signIn(v, false), nil
	}
	is, err := d.Admin.IsOperator(v.r.Context(), current.User.ID)
	if err != nil {
		return answer{}, err
	}
	if !is {
		return d.kept(v, current, false), nil
	}
	if !d.Now().Before(current.SignedInAt.Add(signInLifetime)) {
		return d.signIn(v, true), nil
	}
	lacks, err := d.lacksFactor(v, current)
	if err != nil {
		return answer{}, err
	}
	if lacks {
		return d.kept(v, current, true), nil
	}
	v.current = current
	v.r = v.r.WithContext(store.WithActor(v.r.Context(), store.Actor{Kind: store.ByUser, ID: current.User.ID}))
	return answer{}, nil
}

// kept is the page for somebody who is signed in and does not get in.
func (d *Dashboard) kept(v *visit, current session.Current, factor bool) answer {
	return answer{status: http.StatusForbidden, page: ui.OperatorsOnly{
		User: person(current.User), SecondFactor: factor, CSRF: d.Sessions.CSRFToken(d.Sessions.Browser(v.w, v.r), ""),
	}}
}

// lacksFactor reports whether the operator has a second factor, or the instance wants
// one, and this sign-in was without.
func (d *Dashboard) lacksFactor(v *visit, current session.Current) (bool, error) {
	if twoFactors(current) {
		return false, nil
	}
	settings, err := d.Admin.Settings(v.r.Context())
	if err != nil || settings.OperatorsNeedSecondFactor {
		return true, err
	}
	factor, err := d.Factors.Of(v.r.Context(), current.User.ID)
	return factor.Enabled(), err
}

// twoFactors reports whether more was proved than a password (RFC 8176 §2).
func twoFactors(current session.Current) bool { return slices.Contains(current.Methods, "mfa") }

// signIn sends the browser to sign in, and then to where it wanted to go.
func (d *Dashboard) signIn(v *visit, again bool) answer {
	back := root
	if v.r.Method == http.MethodGet {
		back = v.r.URL.RequestURI()
	}
	sealed := d.Sessions.SealContinuation(d.Sessions.Browser(v.w, v.r), session.Continuation{StartedAt: d.Now(), Again: again, Return: back})
	return see("/sign-in?" + url.Values{"continue": {sealed}}.Encode())
}

// signInAgain lets somebody sign in who is signed in, with another account or with a
// second factor.
func (d *Dashboard) signInAgain(v *visit) (answer, error) { return d.signIn(v, true), nil }

// readForm reads the query or the body. A body has to come from one of our own pages
// and hold the token that was made for this browser and bound.
func (d *Dashboard) readForm(v *visit, bound string) error {
	if v.r.Method != http.MethodPost {
		form, err := url.ParseQuery(v.r.URL.RawQuery)
		v.form = form
		if err != nil || !isText(form) {
			return errBadForm
		}
		return nil
	}
	// A browser that sends no Sec-Fetch-Site, as all do to plain http, calls the origin
	// of our own pages null; then the token decides alone.
	silent := v.r.Header.Get("Sec-Fetch-Site") == "" && v.r.Header.Get("Origin") == "null"
	if !silent && d.crossOrigin.Check(v.r) != nil {
		return errCrossOrigin
	}
	if err := readBody(v); err != nil {
		return err
	}
	if !d.Sessions.CheckCSRF(v.r, bound, v.form.Get("csrf")) {
		return errStale
	}
	return nil
}

func readBody(v *visit) error {
	switch kind, _, _ := strings.Cut(v.r.Header.Get("Content-Type"), ";"); strings.TrimSpace(strings.ToLower(kind)) {
	case "application/x-www-form-urlencoded":
		v.r.Body = http.MaxBytesReader(v.w, v.r.Body, maxBody)
		if v.r.ParseForm() != nil {
			return errBadForm
		}
	case "multipart/form-data":
		v.r.Body = http.MaxBytesReader(v.w, v.r.Body, maxPicture)
		if v.r.ParseMultipartForm(maxPicture) != nil {
			return errBadForm
		}
	default:
		return errBadForm
	}
	if v.form = v.r.PostForm; !isText(v.form) {
		return errBadForm
	}
	return nil
}

// isText refuses what no database keeps, and what comes twice.
func isText(form url.Values) bool {
	for name, values := range form {
		if len(values) != 1 || !utf8.ValidString(name) || !utf8.ValidString(values[0]) || strings.Contains(name+values[0], "\x00") {
			return false
		}
	}
	return true
}

// view is how pages look in this browser.
func (d *Dashboard) view(v *visit) ui.View {
	view := v.view
	if v.r.Method == http.MethodGet && v.r.URL.Path != callbackPath { // whose query is a code
		query := url.Values{}
		for name, values := range v.form {
			if name != "done" && name != "token" {
				query[name] = values
			}
		}
		view.Back = (&url.URL{Path: v.r.URL.Path, RawQuery: query.Encode()}).String()
	}
	if settings, err := d.Admin.Settings(v.r.Context()); err == nil { // else in Signet's own
		view.Brand = ui.Brand(settings.Brand)
	}
	return view
}

// write is the only place that answers.
func (d *Dashboard) write(v *visit, a answer, err error) {
	if err != nil {
		a = d.failed(v, err)
	}
	ui.Headers(v.w, a.formTargets...)
	if a.location != "" {
		v.w.Header().Del("Content-Type")
		v.w.Header().Set("Location", a.location)
		v.w.WriteHeader(http.StatusSeeOther)
		return
	}
	var b bytes.Buffer
	if err := a.page.Render(&b, d.view(v)); err != nil {
		d.Log.ErrorContext(v.r.Context(), "page failed", "err", err)
		http.Error(v.w, "something went wrong", http.StatusInternalServerError)
		return
	}
	if a.status == 0 {
		a.status = http.StatusOK
	}
	v.w.WriteHeader(a.status)
	v.w.Write(b.Bytes()) // a browser that went away needs no answer
}

// person is what pages call a user.
func person(u store.User) ui.Person {
	p := ui.Person{Name: strings.TrimSpace(u.FirstName + " " + u.LastName), Identifier: u.Username}
	if email, ok := u.PrimaryEmail(); ok {
		p.Identifier = email.Address
	}
	if p.Name == "" && p.Identifier == "" {
		p.Identifier = u.ID
	}
	return p
}

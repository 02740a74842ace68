package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Options say what to measure.
type Options struct {
	Target      Target
	Connections int           // kept open, each with one request under way
	Duration    time.Duration // of each kind of work
	Work        []string      // some of Kinds; nil for all that the target offers
	// Progress hears what is being done now; nil if nobody listens.
	Progress func(what string)
}

// A Result is what became of one kind of work.
type Result struct {
	Name string
	Sample
}

const (
	warmUp = time.Second // before each kind of work; not counted
	round  = 4000        // codes at most that are fetched before they are exchanged, well within their lifetime
)

// Run does each kind of work for its time and returns what was seen. An error is
// about the whole run; answers that are wrong are counted in the results.
func Run(ctx context.Context, o Options) ([]Result, error) {
	base, err := o.Target.base()
	if err != nil {
		return nil, err
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	work, err := o.kinds(ctx)
	if err != nil {
		return nil, err
	}
	d := newDriver(base, o.Connections, func() time.Duration { return cpuOf(o.Target.PIDs) })
	defer d.close()
	r := &runner{Options: o, driver: d, user: newUser(o.Target, o.Connections)}
	for _, kind := range work {
		if err := r.do(ctx, kind); err != nil {
			return r.results, err
		}
	}
	return r.results, nil
}

type runner struct {
	Options
	driver  *driver
	user    *user
	results []Result
}

func (r *runner) do(ctx context.Context, kind string) error {
	if kind == Exchange {
		return r.exchange(ctx, r.Duration)
	}
	l, lists := listingOf(kind)
	if needsTokens := kind != ClientCredentials && !lists; needsTokens && len(r.user.access) == 0 {
		if err := r.exchange(ctx, 0); err != nil {
			return err
		}
	}
	do := map[string]job{
		ClientCredentials: r.user.clientCredentials, Refresh: r.user.refresh, UserInfo: r.user.userInfo,
		Verify: r.user.verify, Introspect: r.user.introspect,
	}[kind]
	if lists {
		do = l.list(r.user)
	}
	r.Progress(kind + ": warming up")
	warm := r.driver.run(ctx, min(warmUp, r.Duration), do)
	if warm.Errors > 0 && warm.Errors == warm.Requests {
		return fmt.Errorf("%s: %s", kind, warm.problems[0])
	}
	r.Progress(fmt.Sprintf("%s: %v", kind, r.Duration))
	r.results = append(r.results, Result{kind, r.driver.run(ctx, r.Duration, do)})
	return ctx.Err()
}

// exchange fetches codes and exchanges them in turns, until the exchanges alone
// have taken the given time; for no time at all it buys one round of tokens and
// notes nothing.
func (r *runner) exchange(ctx context.Context, duration time.Duration) error {
	var authorized, exchanged Sample
	for first := true; first || exchanged.Elapsed < duration; first = false {
		r.Progress(fmt.Sprintf("%s: %v of %v", Exchange, exchanged.Elapsed.Round(time.Second/10), duration))
		fetched := r.driver.run(ctx, time.Minute, r.limited(r.user.authorize))
		if fetched.Errors > 0 && len(r.user.codes) == 0 {
			return errors.New(fetched.problems[0])
		}
		bought := r.driver.run(ctx, time.Minute, r.user.exchange)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case bought.Errors == bought.Requests:
			return errors.New(append(bought.problems, "there were no codes to exchange")[0])
		case duration == 0:
			return nil
		case first && duration > warmUp:
			continue // warm by now; not counted
		}
		authorized.Join(fetched)
		exchanged.Join(bought)
	}
	r.results = append(r.results, Result{Authorize, authorized}, Result{Exchange, exchanged})
	return nil
}

// limited stops when a round of codes is there.
func (r *runner) limited(do job) job {
	return func(ctx context.Context, c *conn, worker int) error {
		r.user.mu.Lock()
		enough := len(r.user.codes) >= min(round, 50*r.Connections+int(1000*r.Duration.Seconds()))
		r.user.mu.Unlock()
		if enough {
			return errDone
		}
		return do(ctx, c, worker)
	}
}

// kinds gives the work to do: what was asked for, or what the target offers.
func (o *Options) kinds(ctx context.Context) ([]string, error) {
	t := &o.Target
	offered := map[string]bool{
		ClientCredentials: t.offers("client_credentials") && t.ClientSecret != "",
		Exchange:          t.Authorize != "" && t.Cookie != "",
		Refresh:           t.Authorize != "" && t.Cookie != "",
		UserInfo:          t.UserInfo != "",
		Verify:            t.Verify != "" && there(ctx, t.Verify, t.SecretKey),
		Introspect:        t.Introspection != "" && t.ClientSecret != "",
	}
	for _, l := range listings {
		offered[l.name] = t.Users > 0 && t.SecretKey != ""
	}
	if o.Work == nil {
		return slices.DeleteFunc(slices.Clone(Kinds), func(kind string) bool { return !offered[kind] }), nil
	}
	work := slices.Clone(o.Work)
	if i := slices.Index(work, Listings); i >= 0 {
		work = slices.Replace(work, i, i+1, names(listings)...)
	}
	for _, kind := range work {
		switch {
		case !slices.Contains(Kinds, kind):
			return nil, fmt.Errorf("there is no work %q; there are %v", kind, Kinds)
		case !offered[kind]:
			return nil, fmt.Errorf("%s does not offer %s, or something is missing to use it", t.Issuer, kind)
		}
	}
	return work, nil
}

// there tells whether an endpoint answers at all.
func there(ctx context.Context, address, key string) bool {
	ctx, cancel := context.WithTimeout(ctx, discoveryTimeout)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, address, http.NoBody)
	if err != nil {
		return false
	}
	q.Header.Set("Authorization", "Bearer "+key)
	q.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	return answer.StatusCode != http.StatusNotFound && answer.StatusCode != http.StatusMethodNotAllowed
}

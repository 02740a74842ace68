package dashboard

import (
	"slices"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/chart"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

// home serves GET /dashboard: figures over time, and how the instance runs.
func (d *Dashboard) home(v *visit) (answer, error) {
	name := v.get("span")
	span, ok := admin.Spans[name]
	if !ok {
		name, span = "day", admin.Spans["day"]
	}
	trends, err := d.Admin.Trends(v.r.Context(), d.Figures, span)
	if err != nil {
		return answer{}, err
	}
	nodes, err := d.Admin.Nodes(v.r.Context())
	if err != nil {
		return answer{}, err
	}
	page := ui.BoardHome{Board: v.board(""), Span: name, Charts: charts(v, trends), Nodes: nodes}
	if page.Totals, err = d.totals(v, trends); err != nil {
		return answer{}, err
	}
	for _, f := range trends.Faces {
		page.Faces = append(page.Faces, ui.FaceFigures{Name: f.Name, Requests: f.Requests, Median: f.Median, Slow: f.Slow})
	}
	page.Health, err = d.health(v, nodes)
	return answer{page: page}, err
}

func (d *Dashboard) totals(v *visit, t admin.Trends) ([]ui.Total, error) {
	users, err := d.Admin.CountUsers(v.r.Context(), store.UserQuery{})
	if err != nil {
		return nil, err
	}
	_, apps, err := d.Admin.Applications(v.r.Context(), store.ClientQuery{Limit: 1})
	if err != nil {
		return nil, err
	}
	count := func(n int64) string { return chart.Count(float64(n)) }
	return []ui.Total{
		{Name: v.say("board.word.users"), Value: count(int64(users))},
		{Name: v.say("board.word.applications"), Value: count(int64(apps))},
		{Name: v.say("board.home.sign_ins"), Value: count(t.Total["sign_in"])},
		{Name: v.say("board.home.answers_with_tokens"), Value: count(t.Total["issued"])},
		{Name: v.say("board.refusals.refused_requests"), Value: count(t.Total["refused"])},
	}, nil
}

// grantNames are the messages that say what ways to tokens are called.
var grantNames = map[string]string{
	oauth.GrantAuthorizationCode: "board.home.by_code", oauth.GrantRefreshToken: "board.home.by_refresh", oauth.GrantClientCredentials: "board.home.by_client_credentials", oauth.GrantDeviceCode: "board.home.by_device",
	"other": "board.home.by_other",
}

// charts draws what people would rather look at than read.
func charts(v *visit, t admin.Trends) []chart.Chart {
	base := chart.Chart{Times: t.Times, Step: t.Step}
	signIns, tokens, failures, latency := base, base, base, base
	signIns.ID, signIns.Title, signIns.Kind = "sign-ins", v.say("board.home.sign_ins"), chart.Areas
	signIns.Series = []chart.Series{{Name: v.say("board.home.succeeded"), Tone: 1, Values: floats(t.SignIns)}, {Name: v.say("board.home.refused"), Tone: 6, Values: floats(t.Failed)}}
	signIns.Summary = v.say("board.home.sign_ins_summary", "succeeded", int(sum(t.SignIns)), "refused", int(sum(t.Failed)))

	tokens.ID, tokens.Title, tokens.Kind = "tokens", v.say("board.home.tokens_issued"), chart.Bars
	tokens.Series = stacked(v, t.Issued, grantNames, []int{1, 2, 3, 4, 5, 7})
	tokens.Summary = v.say("board.home.tokens_summary", "n", int(t.Total["issued"]))

	failures.ID, failures.Title, failures.Kind = "failures", v.say("board.refusals.refused_requests"), chart.Bars
	failures.Series = stacked(v, t.Refused, nil, []int{6, 3, 4, 7, 5, 2})
	failures.Summary = v.say("board.home.failures_summary", "n", int(t.Total["refused"]))

	latency.ID, latency.Title, latency.Kind, latency.Format = "latency", v.say("board.home.latency"), chart.Lines, chart.Milliseconds
	latency.Gaps = true
	latency.Series = []chart.Series{{Name: v.say("board.home.median"), Tone: 2, Values: milliseconds(t.Median)}, {Name: v.say("board.home.faster"), Tone: 3, Values: milliseconds(t.Slow)}}
	latency.Summary = v.say("board.home.latency_summary", "n", int(sum(t.Requests)))
	return []chart.Chart{signIns, tokens, failures, latency}
}

// mostSeries is how many series one chart shows; the rest go together.
const mostSeries = 6

// stacked makes a series of each list, the greatest first.
func stacked(v *visit, lists map[string][]int64, names map[string]string, tones []int) []chart.Series {
	keys := make([]string, 0, len(lists))
	for key := range lists {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if x, y := sum(lists[a]), sum(lists[b]); x != y {
			return int(y - x)
		}
		return strings.Compare(a, b)
	})
	var all []chart.Series
	for i, key := range keys {
		name := key
		if names[key] != "" {
			name = v.say(names[key])
		}
		values := floats(lists[key])
		if i >= mostSeries {
			last := &all[mostSeries-1]
			last.Name = v.say("board.home.others")
			for j := range values {
				last.Values[j] += values[j]
			}
			continue
		}
		all = append(all, chart.Series{Name: name, Tone: tones[i%len(tones)], Values: values})
	}
	return all
}

func floats(all []int64) []float64 {
	out := make([]float64, len(all))
	for i, n := range all {
		out[i] = float64(n)
	}
	return out
}

func milliseconds(all []time.Duration) []float64 {
	out := make([]float64, len(all))
	for i, x := range all {
		out[i] = float64(x) / float64(time.Millisecond)
	}
	return out
}

func sum(all []int64) (total int64) {
	for _, n := range all {
		total += n
	}
	return total
}

// health is what should be well.
func (d *Dashboard) health(v *visit, nodes []store.Node) ([]ui.Check, error) {
	began := time.Now() // not the instance's clock, which tests stop
	err := d.Ready(v.r.Context())
	database := ui.Check{Name: v.say("board.home.database"), Value: v.say("board.home.answers_in", "time", chart.Milliseconds(float64(time.Since(began).Microseconds())/1000)), Good: err == nil}
	if err != nil {
		database.Value = v.say("board.home.no_answer")
	}
	keys, err := d.Keys.SigningKeys(v.r.Context())
	if err != nil {
		return nil, err
	}
	versions := map[string]bool{}
	for _, n := range nodes {
		versions[n.Version] = true
	}
	names := make([]string, 0, len(versions))
	for name := range versions {
		names = append(names, name)
	}
	slices.Sort(names)
	waiting := d.Waiting()
	return []ui.Check{
		database,
		{Name: v.say("board.home.waiting"), Value: v.say("board.home.waiting_operations", "n", waiting), Good: waiting < manyWaiting},
		d.keyHealth(v, keys),
		{Name: v.say("board.home.nodes"), Value: v.say("board.home.nodes_seen", "n", len(nodes)), Good: len(nodes) > 0},
		{Name: v.say("board.home.version"), Value: strings.Join(names, ", "), Good: len(names) <= 1},
	}, nil
}

// manyWaiting is how many operations may wait before somebody should look: a tenth of
// those that are admitted.
const manyWaiting = 200

// keyPeriod is how long a key signs before the next one does.
const keyPeriod = 90 * 24 * time.Hour

// keyHealth says when the keys rotate next: that of the oldest that signs.
func (d *Dashboard) keyHealth(v *visit, keys []store.SigningKey) ui.Check {
	signs := signing(keys, d.Now())
	next := time.Time{}
	for _, k := range keys {
		if at := k.ActiveFrom.Add(keyPeriod); signs[k.ID] && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	if next.IsZero() {
		return ui.Check{Name: v.say("board.word.signing_keys"), Value: v.say("board.home.none_signs")}
	}
	return ui.Check{Name: v.say("board.word.signing_keys"), Value: v.say("board.home.next_rotation", "day", next.UTC().Format(time.DateOnly)), Good: d.Now().Before(next.Add(24 * time.Hour))}
}

// signing are the keys that sign now, by id: of each algorithm the last one that has
// become active and was not taken back.
func signing(keys []store.SigningKey, now time.Time) map[string]bool {
	newest := map[oauth.Algorithm]store.SigningKey{}
	for _, k := range keys {
		if k.RetiredAt.IsZero() && !now.Before(k.ActiveFrom) && k.Number > newest[k.Algorithm].Number {
			newest[k.Algorithm] = k
		}
	}
	ids := map[string]bool{}
	for _, k := range newest {
		ids[k.ID] = true
	}
	return ids
}

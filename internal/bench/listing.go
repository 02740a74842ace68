package bench

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// A listing is a way to ask for users, a page as long as was asked for unless it says
// otherwise.
type listing struct {
	name  string
	count bool // how many there are, not who
	// query makes up what is asked for, given anybody of those who are there.
	query func(anybody person) url.Values
}

// defaultPage is how many users a page of a list has.
const defaultPage = 100

// Listings stands for all of them where kinds of work are named.
const Listings = "users"

// listings are all of them. Those whose order allows it begin at a random place
// every other time, and else with the first page.
var listings = []listing{
	{name: "users_after", query: func(p person) url.Values { return url.Values{"starting_after": {p.id}} }},
	{name: "users_after_500", query: func(p person) url.Values { return url.Values{"starting_after": {p.id}, "limit": {"500"}} }},
	{name: "users_oldest_after", query: func(p person) url.Values {
		return url.Values{"starting_after": {p.id}, "order_by": {"+created_at"}}
	}},
	orderedListing("updated_at"),
	orderedListing("first_name"),
	orderedListing("last_name"),
	orderedListing("username"),
	orderedListing("email_address"),
	orderedListing("last_sign_in_at"),
	orderedListing("last_active_at"),
	{name: "users_query_name", query: func(p person) url.Values { return from(p, "query", strings.ToLower(p.last)) }},
	{name: "users_query_part", query: func(p person) url.Values { return from(p, "query", part(p.address, 5)) }},
	{name: "users_query_address", query: func(p person) url.Values { return url.Values{"query": {p.address}} }},
	{name: "users_query_nobody", query: func(p person) url.Values { return from(p, "query", "xq"+part(p.id, 12)) }},
	{name: "users_query_one", query: func(p person) url.Values { return from(p, "query", strings.ToLower(p.last[:1])) }},
	{name: "users_query_two", query: func(p person) url.Values { return from(p, "query", strings.ToLower(p.last[:2])) }},
	{name: "users_query_two_nobody", query: func(p person) url.Values { return from(p, "query", "x"+part(p.last, 1)) }},
	{name: "users_query_banned", query: func(p person) url.Values {
		return url.Values{"query": {strings.ToLower(p.first)}, "banned": {"true"}, "order_by": {"-last_sign_in_at"}}
	}},
	{name: "users_query_by_name", query: func(p person) url.Values {
		return url.Values{"query": {strings.ToLower(p.last)}, "order_by": {"first_name"}}
	}},
	{name: "users_email_address_query", query: func(p person) url.Values { return from(p, "email_address_query", part(p.address, 6)) }},
	{name: "users_username_query", query: func(p person) url.Values { return from(p, "username_query", strings.ToLower(p.first[:3])) }},
	{name: "users_name_query", query: func(p person) url.Values { return from(p, "name_query", p.first+" "+p.last[:2]) }},
	{name: "users_banned", query: func(p person) url.Values { return from(p, "banned", "true") }},
	{name: "users_banned_by_name", query: func(p person) url.Values { return url.Values{"banned": {"true"}, "order_by": {"last_name"}} }},
	{name: "users_not_banned", query: func(p person) url.Values { return from(p, "banned", "false") }},
	{name: "users_banned_named", query: func(p person) url.Values {
		q := from(p, "banned", "true")
		q.Set("name_query", p.first)
		return q
	}},
	{name: "users_created", query: func(p person) url.Values { return during(url.Values{}, "created_at", p.joined) }},
	{name: "users_created_by_name", query: func(p person) url.Values {
		return during(url.Values{"order_by": {"last_name"}}, "created_at", p.joined)
	}},
	{name: "users_created_month_by_name", query: func(p person) url.Values {
		return days(url.Values{"order_by": {"last_name"}}, "created_at", p.joined, 30)
	}},
	{name: "users_signed_in", query: func(p person) url.Values { return during(from(p, "", ""), "last_sign_in_at", p.joined) }},
	{name: "users_active", query: func(p person) url.Values { return during(from(p, "", ""), "last_active_at", p.joined) }},
	{name: "users_organization", query: func(p person) url.Values { return from(p, "organization_id", smallOrganization) }},
	{name: "users_organization_large", query: func(p person) url.Values { return from(p, "organization_id", largeOrganization) }},
	{name: "users_organization_old", query: func(p person) url.Values { return from(p, "organization_id", oldOrganization) }},
	{name: "users_organization_by_name", query: func(person) url.Values {
		return url.Values{"organization_id": {largeOrganization}, "order_by": {"last_name"}}
	}},
	{name: "users_organization_named", query: func(p person) url.Values {
		return url.Values{"organization_id": {largeOrganization}, "name_query": {p.first}}
	}},
	{name: "users_organization_not", query: func(p person) url.Values { return from(p, "organization_id", "-"+largeOrganization) }},
	{name: "users_not", query: func(p person) url.Values { return from(p, "user_id", "-"+p.id) }},
	{name: "users_offset", query: func(person) url.Values { return url.Values{"offset": {strconv.Itoa(rand.IntN(10_000))}} }},
	{name: "users_offset_far", query: func(person) url.Values { return url.Values{"offset": {"900000"}} }},
	{name: "users_email_address", query: func(p person) url.Values { return url.Values{"email_address": {p.address}} }},
	{name: "users_count", count: true, query: func(person) url.Values { return url.Values{} }},
	{name: "users_count_query", count: true, query: func(p person) url.Values { return url.Values{"query": {strings.ToLower(p.last)}} }},
	{name: "users_count_not_banned", count: true, query: func(person) url.Values { return url.Values{"banned": {"false"}} }},
	{name: "users_count_banned", count: true, query: func(person) url.Values { return url.Values{"banned": {"true"}} }},
}

// orderedListing is the first page in an order, from either end.
func orderedListing(by string) listing {
	return listing{name: "users_by_" + by, query: func(person) url.Values {
		return url.Values{"order_by": {[]string{"+", "-"}[rand.IntN(2)] + by}}
	}}
}

// from filters by one parameter and begins at p every other time.
func from(p person, name, value string) url.Values {
	q := url.Values{}
	if name != "" {
		q.Set(name, value)
	}
	if rand.IntN(2) == 0 {
		q.Set("starting_after", p.id)
	}
	return q
}

// during asks for a week.
func during(q url.Values, name string, from time.Time) url.Values { return days(q, name, from, 7) }

func days(q url.Values, name string, from time.Time, n int) url.Values {
	q.Set(name+"_after", strconv.FormatInt(from.UnixMilli(), 10))
	q.Set(name+"_before", strconv.FormatInt(from.AddDate(0, 0, n).UnixMilli(), 10))
	return q
}

// part gives n characters of a text, from a random place.
func part(text string, n int) string {
	at := rand.IntN(max(1, len(text)-n))
	return strings.ToLower(text[at : at+n])
}

// list does the requests of a listing.
func (l listing) list(u *user) job {
	return func(ctx context.Context, c *conn, _ int) error {
		q := l.query(personOf(rand.IntN(u.target.Users), u.target.Users))
		at := "/v1/users"
		if l.count {
			at += "/count"
		} else if !q.Has("limit") {
			q.Set("limit", strconv.Itoa(u.target.Page))
		}
		answer, err := c.do(ctx, request{method: http.MethodGet, path: at + "?" + q.Encode(), authorization: "Bearer " + u.target.SecretKey})
		if err != nil {
			return err
		}
		if answer.status != http.StatusOK || !bytes.HasPrefix(answer.body, []byte("[")) && !l.count {
			return fmt.Errorf("%s?%s answers %d %.300s", at, q.Encode(), answer.status, answer.body)
		}
		return nil
	}
}

// listingOf finds the listing of a name.
func listingOf(name string) (listing, bool) {
	for _, l := range listings {
		if l.name == name {
			return l, true
		}
	}
	return listing{}, false
}

func names(all []listing) []string {
	names := make([]string, len(all))
	for i, l := range all {
		names[i] = l.name
	}
	return names
}

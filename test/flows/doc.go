// Package flows drives a whole Signet over real HTTP with clients that other
// people wrote, on SQLite and on PostgreSQL. Time is injected; a person is a
// cookie jar that fills in forms.
package flows

package ui

import (
	"bytes"
	"strings"
	"testing"
)

// What a description says is text: backquotes begin and end code, and nothing else
// means anything.
func TestReferenceText(t *testing.T) {
	page := Reference{Title: "API", Summary: "Call `GET /v1/users`.", Families: []ReferenceFamily{{ID: "users", Name: "Users", Description: "</p><script>alert(1)</script> `<b>`"}}}
	var b bytes.Buffer
	if err := page.Render(&b); err != nil {
		t.Fatal(err)
	}
	got := b.String()
	for _, want := range []string{"Call <code>GET /v1/users</code>.", "&lt;script&gt;alert(1)&lt;/script&gt; <code>&lt;b&gt;</code>", `href="#users"`} {
		if !strings.Contains(got, want) {
			t.Errorf("the page is without %s:\n%s", want, got)
		}
	}
	if strings.Contains(got, "<script") {
		t.Error("the page has a script")
	}
}

package dashboard

import (
	"net/url"
	"strconv"

	"github.com/signet-auth/signet/internal/ui"
)

// pageSize is how many rows a page shows.
const pageSize = 25

// offset reads which page is wanted.
func (v *visit) offset() int {
	n, err := strconv.Atoi(v.get("from"))
	if err != nil || n < 0 || n > 1_000_000 {
		return 0
	}
	return n
}

// page says where in a list of total rows somebody is who sees shown of them.
func (v *visit) page(shown, total int) ui.Page {
	from := v.offset()
	p := ui.Page{Query: v.get("query"), First: from + 1, Last: from + shown, Total: total}
	if shown == 0 {
		p.First, p.Last = 0, 0
	}
	at := func(from int) string {
		query := url.Values{}
		if p.Query != "" {
			query.Set("query", p.Query)
		}
		if from > 0 {
			query.Set("from", strconv.Itoa(from))
		}
		return (&url.URL{Path: v.r.URL.Path, RawQuery: query.Encode()}).String()
	}
	if from > 0 {
		p.Newer = at(max(0, from-pageSize))
	}
	if from+shown < total {
		p.Older = at(from + shown)
	}
	return p
}

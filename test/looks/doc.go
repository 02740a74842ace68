// Package looks looks at the pages in a real Chromium: every state of every page of
// the gallery, in light and dark, wide and narrow, from left to right and from right
// to left. axe-core judges whether everybody can use them, html-validate their HTML;
// nothing may scroll sideways or come from elsewhere.
//
// With -shots it leaves a picture of each in a directory, for people to look at; with
// -update it writes those in docs/images.
package looks

// Package lang knows the languages that people are spoken to in: which one of them
// somebody wants, and what a message says in it. It knows no HTML and no request.
//
// A language is one file in messages, and one in messages/board for what operators
// read; en.toml is the one that the others follow, and a test compares them: the same
// messages, with the same placeholders, and for numbers every form that the language
// has (CLDR, by golang.org/x/text). Whoever adds a message adds it eight times.
//
// Read Choose first, then Format.
package lang

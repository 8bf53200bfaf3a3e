CREATE TABLE `rstore_mutations` (
	`session` text NOT NULL,
	`mutation` text NOT NULL,
	`answer` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`session`, `mutation`)
);

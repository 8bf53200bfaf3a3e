CREATE TABLE `comments` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`todo_id` integer NOT NULL,
	`author_id` integer,
	`body` text(1000) NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`todo_id`) REFERENCES `todos`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`author_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE set null,
	CONSTRAINT "comments_body_given" CHECK(trim("comments"."body") <> '')
);
--> statement-breakpoint
CREATE INDEX `comments_todo_created` ON `comments` (`todo_id`,`created_at`);--> statement-breakpoint
CREATE TABLE `lists` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text(60) NOT NULL,
	`icon` text(60) DEFAULT 'i-lucide-list' NOT NULL,
	`position` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `lists_name_unique` ON `lists` (`name`);--> statement-breakpoint
CREATE TABLE `todos` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`list_id` integer NOT NULL,
	`assignee_id` integer,
	`title` text(200) NOT NULL,
	`completed` integer DEFAULT false NOT NULL,
	`priority` integer DEFAULT 0 NOT NULL,
	`due_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer,
	FOREIGN KEY (`list_id`) REFERENCES `lists`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`assignee_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE set null,
	CONSTRAINT "todos_title_given" CHECK(trim("todos"."title") <> ''),
	CONSTRAINT "todos_priority_range" CHECK("todos"."priority" between 0 and 3)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `todos_list_title` ON `todos` (`list_id`,`title`);--> statement-breakpoint
CREATE INDEX `todos_created` ON `todos` (`created_at`);--> statement-breakpoint
CREATE INDEX `todos_list_created` ON `todos` (`list_id`,`created_at`);--> statement-breakpoint
CREATE INDEX `todos_title` ON `todos` (`title`);--> statement-breakpoint
CREATE INDEX `todos_priority` ON `todos` (`priority`);--> statement-breakpoint
CREATE INDEX `todos_due` ON `todos` (`due_at`);--> statement-breakpoint
CREATE INDEX `todos_assignee` ON `todos` (`assignee_id`);--> statement-breakpoint
CREATE TABLE `users` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text(100) NOT NULL,
	`email` text(200) NOT NULL,
	`role` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `users_email_unique` ON `users` (`email`);--> statement-breakpoint
CREATE INDEX `users_name` ON `users` (`name`);
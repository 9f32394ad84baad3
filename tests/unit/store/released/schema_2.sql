-- A database as schema version 2 built it: five contacts; two calls ended, one is live, one is claimed.
BEGIN TRANSACTION;
CREATE TABLE attempts (
	id INTEGER NOT NULL, 
	attempt TEXT NOT NULL, 
	call TEXT NOT NULL, 
	number TEXT NOT NULL, 
	number_in_call INTEGER NOT NULL, 
	node TEXT NOT NULL, 
	trunk TEXT NOT NULL, 
	caller_id TEXT NOT NULL, 
	why_trunk TEXT NOT NULL, 
	committed_at BIGINT NOT NULL, 
	ended_at BIGINT, 
	outcome TEXT, 
	sip_code INTEGER, 
	q850 INTEGER, 
	sip_call_id TEXT, 
	post_dial_delay FLOAT, 
	answered_at BIGINT, 
	first_packet FLOAT, 
	barge_ins INTEGER, speech INTEGER, 
	PRIMARY KEY (id), 
	UNIQUE (call, number_in_call), 
	FOREIGN KEY(call) REFERENCES calls (call)
);
INSERT INTO "attempts" VALUES(1,'attempt-1-1','call-1','+447700900002',1,'node-1','carrier-a','+442079460000','priority 1',1772452800000000,1772452860000000,'dialer.completed',200,16,'attempt-1-1@dialer.example',0.75,1772452802000000,0.021,1,NULL);
INSERT INTO "attempts" VALUES(2,'attempt-2-1','call-2','+447700900003',1,'node-1','carrier-a','+442079460000','priority 1',1772452800000000,1772452860000000,'callee.opted_out',200,16,'attempt-2-1@dialer.example',0.75,1772452802000000,0.021,1,NULL);
INSERT INTO "attempts" VALUES(3,'attempt-3-1','call-3','+447700900004',1,'node-1','carrier-a','+442079460000','priority 1',1772452800000000,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE calls (
	id INTEGER NOT NULL, 
	call TEXT NOT NULL, 
	campaign INTEGER NOT NULL, 
	contact INTEGER NOT NULL, 
	number TEXT NOT NULL, 
	node TEXT NOT NULL, 
	started_at BIGINT NOT NULL, 
	attempts INTEGER NOT NULL, 
	trunk TEXT NOT NULL, 
	caller_id TEXT NOT NULL, 
	answered_at BIGINT, 
	ended_at BIGINT, 
	refused_at BIGINT, 
	outcome TEXT, 
	sip_code INTEGER, 
	q850 INTEGER, 
	post_dial_delay FLOAT, 
	first_packet FLOAT, 
	barge_ins INTEGER NOT NULL, 
	keys TEXT NOT NULL, 
	path TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (call), 
	FOREIGN KEY(campaign) REFERENCES campaigns (id), 
	FOREIGN KEY(contact) REFERENCES contacts (id)
);
INSERT INTO "calls" VALUES(1,'call-1',1,1,'+447700900002','node-1',1772452800000000,1,'carrier-a','+442079460000',1772452802000000,1772452860000000,NULL,'dialer.completed',200,16,0.75,0.021,1,'20','["offer", "done"]');
INSERT INTO "calls" VALUES(2,'call-2',1,2,'+447700900003','node-1',1772452800000000,1,'carrier-a','+442079460000',1772452802000000,1772452860000000,1772452860000000,'callee.opted_out',200,16,0.75,0.021,1,'20','["offer", "done"]');
INSERT INTO "calls" VALUES(3,'call-3',1,3,'+447700900004','node-1',1772452800000000,1,'carrier-a','+442079460000',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,'','[]');
CREATE TABLE campaigns (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	purpose TEXT NOT NULL, 
	caller_id TEXT NOT NULL, 
	contacts_digest TEXT NOT NULL, 
	script_digest TEXT NOT NULL, 
	contacts INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name)
);
INSERT INTO "campaigns" VALUES(1,'card-renewal','card-renewal','+442079460000','c0','5c',5);
CREATE TABLE contacts (
	id INTEGER NOT NULL, 
	campaign INTEGER NOT NULL, 
	"row" INTEGER NOT NULL, 
	number TEXT NOT NULL, 
	consent_purpose TEXT NOT NULL, 
	consent_source TEXT NOT NULL, 
	consent_at BIGINT NOT NULL, 
	consent_ref TEXT NOT NULL, 
	timezone TEXT, 
	variables TEXT NOT NULL, 
	state TEXT NOT NULL, 
	due BIGINT, 
	rule TEXT, 
	claimed_by TEXT, faults INTEGER DEFAULT 0 NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(campaign) REFERENCES campaigns (id)
);
INSERT INTO "contacts" VALUES(1,1,2,'+447700900002','card-renewal','branch form',1772452800000000,'form-2',NULL,'{}','done',NULL,NULL,NULL,0);
INSERT INTO "contacts" VALUES(2,1,3,'+447700900003','card-renewal','branch form',1772452800000000,'form-3',NULL,'{}','done',NULL,NULL,NULL,0);
INSERT INTO "contacts" VALUES(3,1,4,'+447700900004','card-renewal','branch form',1772452800000000,'form-4',NULL,'{}','calling',NULL,NULL,'node-1',0);
INSERT INTO "contacts" VALUES(4,1,5,'+447700900005','card-renewal','branch form',1772452800000000,'form-5',NULL,'{}','claimed',NULL,NULL,'node-1',0);
INSERT INTO "contacts" VALUES(5,1,6,'+447700900006','card-renewal','branch form',1772452800000000,'form-6',NULL,'{}','waiting',NULL,NULL,NULL,0);
CREATE TABLE schema_version (
	version INTEGER NOT NULL
);
INSERT INTO "schema_version" VALUES(2);
CREATE TABLE tallies (
	campaign INTEGER NOT NULL, 
	node TEXT NOT NULL, 
	what TEXT NOT NULL, 
	count INTEGER NOT NULL, 
	PRIMARY KEY (campaign, node, what), 
	FOREIGN KEY(campaign) REFERENCES campaigns (id)
);
INSERT INTO "tallies" VALUES(1,'node-1','taken',4);
INSERT INTO "tallies" VALUES(1,'node-1','outcome:dialer.completed',1);
INSERT INTO "tallies" VALUES(1,'node-1','outcome:callee.opted_out',1);
CREATE INDEX contacts_held ON contacts (claimed_by) WHERE claimed_by IS NOT NULL;
CREATE INDEX contacts_turn ON contacts (campaign, due, "row") WHERE state = 'waiting';
CREATE INDEX calls_refused ON calls (number, refused_at) WHERE refused_at IS NOT NULL;
CREATE INDEX calls_live ON calls (node) WHERE ended_at IS NULL;
CREATE INDEX attempts_history ON attempts (number, committed_at);
COMMIT;

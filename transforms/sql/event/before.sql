-- What subscribers have been told so far.
CREATE OR REPLACE TABLE event_before AS FROM before.event_log;

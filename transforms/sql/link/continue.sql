-- Such a record speaks of the bearer of that number, as it did the batch before.
UPDATE link_record SET number = c.number, told = NULL FROM link_continued AS c WHERE c.record_id = link_record.record_id;
